(() => {
  "use strict";
  const filter = document.querySelector(".filter");
  if (!filter) return;
  const all = (query, root = document) => [...root.querySelectorAll(query)];
  const plugins = all("details.plugin");
  const nameOf = (plugin) => plugin.querySelector("h2 code").textContent;
  const ruleOf = (section) => section.querySelector("h3 a").textContent;
  const offer = (id, names) => {
    for (const name of [...new Set(names)].sort()) document.getElementById(id).add(new Option(name, name));
  };
  offer("by-plugin", plugins.map(nameOf));
  offer("by-rule", all("section.rule").map(ruleOf));
  const said = document.getElementById("shown").dataset.told;
  const asked = (id) => (document.getElementById(id) || { value: "" }).value;
  const apply = () => {
    const [plugin, rule, severity, age] = ["by-plugin", "by-rule", "by-severity", "by-age"].map(asked);
    let rows = 0;
    for (const each of plugins) {
      const fits = (!plugin || nameOf(each) === plugin) && (!age || each.classList.contains("old") === (age === "old"));
      let left = 0;
      for (const section of all("section.rule", each)) {
        section.hidden = !(fits && (!rule || ruleOf(section) === rule) && (!severity || section.classList.contains(severity)));
        left += section.hidden ? 0 : section.querySelectorAll(":scope > ul > li").length;
      }
      each.hidden = !left;
      if (age === "old" && left) each.open = true;
      rows += left;
    }
    document.getElementById("shown").textContent = plugin || rule || severity || age ? said.replace("{n}", rows) : "";
  };
  filter.addEventListener("change", apply);
  filter.hidden = false;
})();
