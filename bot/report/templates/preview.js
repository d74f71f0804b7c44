(() => {
  "use strict";
  const all = (query, root = document) => [...root.querySelectorAll(query)];
  const search = document.getElementById("search"), only = document.getElementById("only");
  const status = document.getElementById("status"), said = status.dataset.told;
  const locale = () => (document.querySelector("input[name=locale]:checked") || { value: "en_US" }).value;

  const text = new Map();
  const textOf = (element) => {
    if (!text.has(element)) text.set(element, element.textContent.toLowerCase());
    return text.get(element);
  };
  const wanted = (element) => only.value === "all"
    || (only.value === "findings" && element.querySelector(".mark"))
    || (only.value === "gaps" && element.querySelector(`.gap[data-in~=${locale()}]`))
    || (only.value === "changed" && element.closest(".changed"));
  const filter = () => {
    const word = search.value.trim().toLowerCase();
    let shown = 0;
    for (const part of all(".part")) {
      const head = part.querySelector(".head") || part;
      const whole = (!word || textOf(head).includes(word)) && (only.value === "all" || only.value === "changed");
      let left = 0;
      for (const leaf of all(".leaf", part)) {
        const fits = whole || ((!word || textOf(leaf).includes(word) || textOf(head).includes(word)) && wanted(leaf));
        leaf.hidden = !fits;
        left += fits ? 1 : 0;
      }
      const fits = left > 0 || (wanted(part) && (!word || textOf(part).includes(word)));
      part.hidden = !fits || (only.value === "changed" && !part.closest(".changed"));
      shown += part.hidden ? 0 : 1;
    }
    for (const form of all(".form")) form.hidden = !form.querySelector(".leaf:not([hidden])");
    const filtered = word || only.value !== "all";
    if (filtered) for (const fold of all(".part:not([hidden]) details.fold")) fold.open = true;
    status.textContent = filtered ? said.replace("{n}", shown).replace("{all}", all(".part").length) : "";
  };
  search.addEventListener("input", filter);
  only.addEventListener("change", filter);
  for (const each of all("input[name=locale]")) each.addEventListener("change", filter);

  const follow = (form) => {
    const has = ([name, value]) => all("input:checked", form).some(
      (input) => !input.closest(".leaf.waiting") && input.dataset.field === name && input.value === value)
      || all("[data-default]", form).some((field) => field.dataset.name === name && field.dataset.default === value);
    for (const each of all("[data-when]", form))
      each.classList.toggle("waiting", !JSON.parse(each.dataset.when).every(has));
  };
  for (const form of all(".form"))
    if (form.querySelector("[data-when]")) form.addEventListener("change", () => follow(form));
})();
