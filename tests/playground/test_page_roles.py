"""The page shows which roles its members have."""

import pytest
from playwright.async_api import Browser, expect

from bot.playground import Playground, seed
from tests.playground.page_hands import TOMAS, opened
from tests.playground.page_rig import PageBot

pytest_plugins = ("tests.playground.page_fixtures",)
pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_role_shows_at_once_on_the_members_own_page_and_in_the_list_of_members(
    bot: PageBot, browser: Browser, playground: Playground
) -> None:
    tomas = next(user.id for user in seed.USERS if user.display == TOMAS)
    async with opened(browser, playground, who=TOMAS) as page:
        await expect(page.get_by_test_id("my-roles")).to_be_empty()
        guild = bot.guilds[0]
        role = await guild.create_role(name="🏃 Core Deep Learning")
        await (await guild.fetch_member(tomas)).add_roles(role)
        await expect(page.get_by_test_id("my-roles")).to_have_text("🏃 Core Deep Learning")
        await page.get_by_test_id("member-switcher").click()
        await expect(page.get_by_role("menuitemradio", name=TOMAS)).to_contain_text("@tomas · 🏃 Core Deep Learning")
        await expect(page.get_by_role("menuitemradio", name="Mara Lindqvist")).to_contain_text("@mara · Organiser")
