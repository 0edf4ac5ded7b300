"""The page in a real browser: what is written reads well, harms nobody, and is there for everybody."""

import pytest
from playwright.async_api import Browser, expect

from bot.playground import Playground
from tests.playground.page_hands import TOMAS, composer, last_message, opened, play_card
from tests.playground.page_rig import PageBot

pytest_plugins = ("tests.playground.page_fixtures",)
pytestmark = pytest.mark.asyncio(loop_scope="module")

CONTRAST = """() => {
  const channel = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  const light = (rgb) => {
    const [r, g, b] = rgb.match(/[\\d.]+/g).map((v) => channel(v / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const probe = document.body.appendChild(document.createElement("i"));
  const colour = (name) => {
    probe.style.color = name === "white" ? "#fff" : `var(--${name})`;
    return light(getComputedStyle(probe).color);
  };
  const pairs = [["strong", "secondary"], ["on-brand", "brand"]];
  for (const text of ["text", "strong", "muted"]) pairs.push([text, "press"]);
  for (const back of ["bg", "side", "raised", "float", "hover"])
    for (const text of ["text", "strong", "muted", "faint", "link", "wrong"]) pairs.push([text, back]);
  for (const back of ["primary", "success", "danger"]) pairs.push(["white", back]);
  return pairs.map(([text, back]) => {
    const [a, b] = [colour(text), colour(back)];
    return [`${text} on ${back}`, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)];
  }).filter(([, ratio]) => ratio < 4.5);
}"""
NAMELESS = """() => [...document.querySelectorAll("button, a[href], input, textarea")]
  .filter((node) => node.checkVisibility())
  .filter((node) => !node.getAttribute("aria-label") && !node.textContent.trim() && !node.labels?.length)
  .map((node) => node.outerHTML)"""


async def test_everything_is_reachable_at_twice_the_size(
    bot: PageBot, browser: Browser, playground: Playground
) -> None:
    async with opened(browser, playground, size=(640, 400)) as page:
        assert await page.evaluate("document.documentElement.scrollWidth") <= 640
        await expect(composer(page)).to_be_in_viewport()
        await composer(page).press_sequentially("/c")
        await expect(page.get_by_role("option", name="/card")).to_be_in_viewport()


@pytest.mark.parametrize(
    "text",
    [
        '<img src=x onerror="window.hacked=1">',
        "<script>window.hacked=1</script>",
        "[press me](javascript:window.hacked=1)",
        "[press me](data:text/html,<script>window.hacked=1</script>)",
        "<javascript:window.hacked=1> ||<svg onload=window.hacked=1>||",
        "**<iframe srcdoc='<script>parent.hacked=1</script>'>**",
    ],
)
async def test_markup_in_a_message_stays_text(
    bot: PageBot, browser: Browser, playground: Playground, text: str
) -> None:
    async with opened(browser, playground) as page:
        await composer(page).fill(text)
        await composer(page).press("Enter")
        mine = last_message(page).get_by_test_id("content")
        await expect(mine).to_contain_text("hacked")
        assert await mine.locator("img, script, iframe, svg, a").count() == 0
        spoken = await mine.evaluate("node => [...node.querySelectorAll('*')].flatMap(e => e.getAttributeNames())")
        assert not [name for name in spoken if name.startswith("on")]
        await mine.click()
        assert await page.evaluate("window.hacked") is None


async def test_markdown_reads_as_in_discord(bot: PageBot, browser: Browser, playground: Playground) -> None:
    text = (
        "# Title\n-# small\n**bold** *it* __under__ ~~gone~~ `a*b*c` snake_case_name\n> quoted\n- one\n  - two\n"
        "```py\nx = 1 < 2\n```\n[docs](https://example.org/a_(b)) https://example.org/x. <t:0:R> ||hidden||"
    )
    async with opened(browser, playground) as page:
        await composer(page).fill(text)
        await composer(page).press("Enter")
        mine = last_message(page).get_by_test_id("content")
        await expect(mine.get_by_role("heading", name="Title")).to_be_visible()
        for tag, words in (
            ("strong", "bold"),
            ("em", "it"),
            ("u", "under"),
            ("s", "gone"),
            ("code.inline", "a*b*c"),
            ("blockquote", "quoted"),
            ("ul ul li", "two"),
            ("pre code", "x = 1 < 2"),
            ("small.subtext", "small"),
        ):
            await expect(mine.locator(tag)).to_have_text(words)
        await expect(mine.get_by_role("link", name="docs")).to_have_attribute("href", "https://example.org/a_(b)")
        await expect(mine.get_by_role("link", name="https://example.org/x", exact=True)).to_be_visible()
        await expect(mine.locator("time")).to_contain_text("years ago")
        await expect(mine).to_contain_text("snake_case_name")
        spoiler = mine.get_by_role("button", name="Hidden text")
        await spoiler.press("Enter")
        await expect(spoiler).to_have_attribute("data-revealed", "true")


@pytest.mark.parametrize("event", ["in time", "late"])
async def test_the_reader_who_scrolled_up_stays_there_and_is_told(
    bot: PageBot, browser: Browser, playground: Playground, event: str
) -> None:
    async with (
        opened(browser, playground, channel="welcome") as page,
        opened(browser, playground, channel="welcome", who=TOMAS) as other,
    ):
        for number in range(30):
            await composer(other).fill(f"line {number}\n" * 3)
            await composer(other).press("Enter")
        await expect(last_message(page)).to_contain_text("line 29")
        await expect(last_message(page)).to_be_in_viewport()
        if event == "late":  # a scroll event comes with the next frame, a message may come before it
            await page.evaluate("addEventListener('scroll', (event) => event.stopImmediatePropagation(), true)")
        top = page.get_by_test_id("message").first
        await top.scroll_into_view_if_needed()
        before = await top.bounding_box()
        await composer(other).fill("news")
        await composer(other).press("Enter")
        pill = page.get_by_role("button", name="1 new message")
        await expect(pill).to_be_visible()
        assert await top.bounding_box() == before
        await pill.click()
        await expect(last_message(page)).to_be_in_viewport()
        await expect(pill).to_be_hidden()


@pytest.mark.parametrize("theme", ["dark", "light"])
async def test_text_has_enough_contrast_in_both_themes(browser: Browser, playground: Playground, theme: str) -> None:
    async with opened(browser, playground) as page:
        if await page.locator("html").get_attribute("data-theme") != theme:
            await page.get_by_role("button", name=f"Use the {theme} theme").click()
        await expect(page.locator("html")).to_have_attribute("data-theme", theme)
        assert await page.evaluate(CONTRAST) == []


async def test_every_control_has_a_name(bot: PageBot, browser: Browser, playground: Playground) -> None:
    async with opened(browser, playground) as page:
        await play_card(page)
        assert await page.evaluate(NAMELESS) == []
