"""How a test puts a member in front of the page, and what that member's hands do."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, Locator, Page, expect

from bot.playground import Playground

DESKTOP, PHONE = (1280, 800), (390, 844)
MARA, TOMAS = "Mara Lindqvist", "Tomás Rivera"


@asynccontextmanager
async def opened(
    browser: Browser,
    playground: Playground,
    *,
    channel: str = "study-hall",
    who: str = MARA,
    size: tuple[int, int] = DESKTOP,
) -> AsyncIterator[Page]:
    """The page as a member in a channel; it must not complain in the console, nor talk to any other host."""
    world = playground.world
    user = next(one for one in world.users.values() if one.display == who)
    place = next(one for one in world.guild_channels() if one.name == channel)
    context = await browser.new_context(viewport={"width": size[0], "height": size[1]})
    page = await context.new_page()
    page.set_default_timeout(10_000)
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on(
        "request",
        lambda request: request.url.startswith((playground.url, "data:", "blob:")) or troubles.append(request.url),
    )
    await page.goto(f"{playground.url}/?as={user.id}&channel={place.id}")
    await expect(page.locator("#channel-title")).to_have_text(channel)
    yield page
    assert troubles == []
    await context.close()


def composer(page: Page) -> Locator:
    return page.get_by_test_id("composer-input")


async def type_line(page: Page, text: str) -> None:
    """Type a whole command line and send it."""
    await composer(page).fill(text)
    await composer(page).press("Enter")


def last_message(page: Page) -> Locator:
    return page.get_by_test_id("message").last


async def play_card(page: Page) -> Locator:
    """The card that answers a new /card, held by its id: later messages do not move the locator on."""
    messages = page.get_by_test_id("message")
    await expect(page.get_by_test_id("messages")).to_have_attribute("aria-busy", "false")
    known = await messages.evaluate_all("nodes => nodes.map((node) => node.dataset.messageId)")
    await type_line(page, "/card")
    fresh = page.locator("".join(["[data-testid=message]", *(f":not([data-message-id='{one}'])" for one in known)]))
    card = fresh.filter(has=page.get_by_role("button", name="Step"))
    await expect(card).to_be_visible()
    return page.locator(f"[data-message-id='{await card.get_attribute('data-message-id')}']")
