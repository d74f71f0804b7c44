"""Reads the pages of a wiki, level by level."""

from collections.abc import Generator, Mapping
from typing import Any

import httpx
from dify_plugin.entities.datasource import WebsiteCrawlMessage, WebSiteInfo, WebSiteInfoDetail
from dify_plugin.interfaces.datasource.website import WebsiteCrawlDatasource


class PagesDatasource(WebsiteCrawlDatasource):
    def _get_website_crawl(
        self, datasource_parameters: Mapping[str, Any]
    ) -> Generator[WebsiteCrawlMessage, None, None]:
        limit = int(datasource_parameters.get("limit") or 20)
        waiting = [str(datasource_parameters["url"])]
        pages: list[WebSiteInfoDetail] = []
        while waiting and len(pages) < limit:
            page = self._read(waiting.pop(0))
            waiting += page["children"]
            pages.append(
                WebSiteInfoDetail(
                    source_url=page["url"],
                    content=page["text"],
                    title=page["title"],
                    description=page["summary"],
                )
            )
            yield self._message("processing", pages, limit)
        yield self._message("completed", pages, len(pages))

    def _message(self, status: str, pages: list[WebSiteInfoDetail], total: int) -> WebsiteCrawlMessage:
        info = WebSiteInfo(status=status, web_info_list=pages, total=total, completed=len(pages))
        return self.create_crawl_message(info)

    def _read(self, url: str) -> dict[str, Any]:
        response = httpx.get(
            "https://wiki.example/api/page",
            params={"url": url},
            headers={"Authorization": f"Bearer {self.runtime.credentials['access_token']}"},
            timeout=20,
        )
        response.raise_for_status()
        return response.json()
