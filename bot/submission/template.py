"""What the marketplace's template for pull requests asks for, and how its pre-check reads the answers.

From langgenius/dify-marketplace-toolkit at 04f98f82 (toolkit/checks/pr/body.py, review_notes.py; sensitive.py at
f93a7297) and langgenius/dify-plugins at 4e3b41e4 (.github/pull_request_template.md).
"""

from __future__ import annotations

from typing import Final

#: The sections that have to be there, in the order of the template.
INFORMATION: Final = "Plugin information"
TYPE: Final = "Submission type"
CHANGES: Final = "What changed"
RISK: Final = "Risk level"
NOTES: Final = "Security and privacy notes"
VALIDATION: Final = "Local validation"
SECTIONS: Final = (INFORMATION, TYPE, CHANGES, RISK, NOTES, VALIDATION)
#: Sections in which something has to be written.
WRITTEN: Final = (CHANGES, NOTES, VALIDATION)
#: An optional section that the pre-check reads for notes about breaking changes.
REVIEWER_NOTES: Final = "Reviewer notes"

#: The fields of `Plugin information`.
AUTHOR: Final = "Author"
NAME: Final = "Plugin name"
VERSION: Final = "Version"
REPOSITORY: Final = "Source repository"
CONTACT: Final = "Contact"
FIELDS: Final = (AUTHOR, NAME, VERSION, REPOSITORY, CONTACT)

#: The options of `Submission type` and of `Risk level`, of which exactly one has to be ticked.
NEW_PLUGIN: Final = "New plugin"
VERSION_UPDATE: Final = "Version update"
TYPES: Final = (NEW_PLUGIN, VERSION_UPDATE)
LOW: Final = "Low risk"
MEDIUM: Final = "Medium risk"
HIGH: Final = "High risk"
RISKS: Final = (LOW, MEDIUM, HIGH)
CHOICES: Final = {TYPE: TYPES, RISK: RISKS}

#: Guidance in the template itself: no text of the author's.
ALLOWED_SNIPPETS: Final = ("【中文用户 & Non English User】请使用英语提交，否则会被关闭 ：）",)
