"""The page in a real browser, against the real playground and a real discord.py bot: writing and going about."""

import asyncio
import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Route, expect

from bot.playground import Playground, serve
from tests.playground.page_hands import (
    DESKTOP,
    MARA,
    PHONE,
    TOMAS,
    composer,
    last_message,
    opened,
    play_card,
    type_line,
)
from tests.playground.page_rig import PageBot

pytest_plugins = ("tests.playground.page_fixtures",)
pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_command_is_played_by_keyboard_alone(bot: PageBot, browser: Browser, playground: Playground) -> None:
    async with opened(browser, playground) as page:
        keys = page.keyboard
        await composer(page).press_sequentially("/ru")
        await expect(page.get_by_role("option", name="/run cnn")).to_be_visible()
        await keys.press("Enter")
        dataset = page.get_by_test_id("option-dataset")
        await expect(dataset).to_be_focused()
        await keys.type("mn")
        await keys.press("Enter")
        await expect(dataset).to_have_value("mnist")
        await keys.type("city")
        await keys.press("Enter")
        await keys.type("ber")
        await expect(page.get_by_role("option", name="Bergen")).to_be_visible()
        await keys.press("ArrowDown")
        await keys.press("Enter")
        await expect(page.get_by_test_id("option-city")).to_have_value("Bergen")
        await keys.type("epochs:7")
        await keys.press("Enter")
        await expect(last_message(page).get_by_test_id("content")).to_have_text(
            "Training on mnist for 7 epochs in Bergen."
        )
        await expect(last_message(page)).to_contain_text("You used /run cnn")
        await expect(composer(page)).to_be_focused()


async def test_a_whole_line_typed_as_text_is_sent_and_comes_back_with_the_up_arrow(
    bot: PageBot, browser: Browser, playground: Playground
) -> None:
    async with opened(browser, playground) as page:
        await type_line(page, "/run cnn epochs:4 dataset:digits city:New York")
        await expect(last_message(page)).to_contain_text("Training on digits for 4 epochs in New York.")
        await composer(page).press("ArrowUp")
        await expect(page.get_by_test_id("option-epochs")).to_have_value("4")
        await expect(page.get_by_test_id("option-city")).to_have_value("New York")


async def test_a_wrong_value_is_named_on_its_option_and_nothing_is_sent(
    bot: PageBot, browser: Browser, playground: Playground
) -> None:
    async with opened(browser, playground, channel="papers") as page:
        await type_line(page, "/run cnn epochs:many dataset:cats")
        errors = page.locator(".pill-error")
        await expect(errors.nth(0)).to_have_text("“cats” is not one of the choices: digits, mnist.")
        await expect(errors.nth(1)).to_have_text("“many” is not a number.")
        await page.get_by_test_id("option-dataset").fill("digits")
        await page.keyboard.press("Enter")
        await page.get_by_test_id("option-epochs").fill("51")
        await page.keyboard.press("Enter")
        await expect(errors.nth(1)).to_have_text("At most 50, please.")
        await expect(page.get_by_test_id("message")).to_have_count(0)


async def test_an_unknown_command_is_not_said_aloud_in_the_channel(
    bot: PageBot, browser: Browser, playground: Playground
) -> None:
    async with opened(browser, playground, channel="papers") as page:
        await composer(page).fill("/runn fast")
        await composer(page).press("Enter")
        await expect(page.locator("#composer-problem")).to_contain_text("There is no command /runn here.")
        await expect(page.get_by_test_id("message")).to_have_count(0)


async def test_a_file_goes_with_an_option_and_with_a_message(
    bot: PageBot, browser: Browser, playground: Playground, tmp_path: Path
) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("a line\n")
    async with opened(browser, playground) as page:
        await composer(page).press_sequentially("/run cnn")
        await page.keyboard.press("Enter")
        await page.keyboard.type("digits")
        await page.keyboard.press("Enter")
        await page.keyboard.type("notes")
        async with page.expect_file_chooser() as chooser:
            await page.keyboard.press("Enter")
            await page.keyboard.press("Enter")
        await (await chooser.value).set_files(notes)
        await expect(page.get_by_test_id("option-notes")).to_have_text("notes.txt · 7 B")
        await page.keyboard.press("Enter")
        await expect(last_message(page)).to_contain_text("with notes.txt of 7 bytes")
        async with page.expect_file_chooser() as chooser:
            await page.get_by_role("button", name="Add files").click()
        await (await chooser.value).set_files(notes)
        await composer(page).fill("My notes")
        await expect(page.locator("#staged")).to_contain_text("7 B")
        await composer(page).press("Enter")
        await expect(last_message(page).get_by_test_id("file")).to_contain_text("notes.txt")


DROP = """([selector, name]) => {
    const files = new DataTransfer();
    files.items.add(new File(["dropped\\n"], name, { type: "text/plain" }));
    document.querySelector(selector).dispatchEvent(new DragEvent("drop", { dataTransfer: files, bubbles: true }));
}"""


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_a_large_file_with_a_long_name_goes_with_an_option(
    bot: PageBot, browser: Browser, playground: Playground, tmp_path: Path, size: tuple[int, int]
) -> None:
    pets = tmp_path / f"{'all-the-pets-of-our-street-' * 4}.zip"
    pets.write_bytes(bytes(12 * 2**20))  # more than a bot may send
    async with opened(browser, playground, size=size) as page:
        await composer(page).fill("/run cnn")
        await composer(page).press("Enter")
        await page.keyboard.type("digits")
        await page.keyboard.press("Enter")
        await page.keyboard.type("notes")
        await page.keyboard.press("Enter")
        async with page.expect_file_chooser() as chooser:
            await page.get_by_test_id("option-notes").click()
        await (await chooser.value).set_files(pets)
        await expect(page.get_by_test_id("option-notes")).to_contain_text("13 MB")
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        form = await page.get_by_test_id("command-form").bounding_box()
        assert form is not None
        assert form["x"] + form["width"] <= size[0]
        await page.get_by_test_id("option-tail").press("Enter")
        await expect(last_message(page)).to_contain_text(f"of {12 * 2**20} bytes")


async def test_a_file_dropped_on_an_open_command_goes_to_its_option(
    bot: PageBot, browser: Browser, playground: Playground
) -> None:
    async with opened(browser, playground) as page:
        await composer(page).press_sequentially("/run cnn")
        await page.keyboard.press("Enter")
        await page.keyboard.type("digits")
        await page.keyboard.press("Enter")
        await page.evaluate(DROP, ["#main", "dropped.txt"])
        await expect(page.get_by_test_id("option-notes")).to_have_text("dropped.txt · 8 B")
        await page.get_by_test_id("option-tail").press("Enter")
        await expect(last_message(page)).to_contain_text("with dropped.txt of 8 bytes")


async def test_nothing_is_sent_while_a_file_is_on_its_way_up(
    bot: PageBot, browser: Browser, playground: Playground
) -> None:
    async with opened(browser, playground, channel="papers") as page:
        there = asyncio.Event()

        async def slowly(route: Route) -> None:
            await there.wait()
            await route.continue_()

        await page.route("**/page/upload", slowly)
        await composer(page).press_sequentially("/run cnn")
        await page.keyboard.press("Enter")
        await page.keyboard.type("digits")
        await page.keyboard.press("Enter")
        await page.evaluate(DROP, ["#main", "slow.txt"])
        await expect(page.get_by_test_id("option-notes")).to_have_text("Uploading slow.txt…")
        await page.get_by_test_id("option-tail").press("Enter")
        await expect(page.locator(".pill-error").filter(has_text="still on its way up")).to_be_visible()
        await expect(page.get_by_test_id("message")).to_have_count(0)
        there.set()
        await expect(page.get_by_test_id("option-notes")).to_have_text("slow.txt · 8 B")
        await page.get_by_test_id("option-tail").press("Enter")
        await expect(last_message(page)).to_contain_text("with slow.txt of 8 bytes")


async def test_another_member_is_one_press_away_and_unread_messages_are_counted(
    bot: PageBot, browser: Browser, playground: Playground
) -> None:
    async with opened(browser, playground, channel="papers") as page, opened(browser, playground, who=TOMAS) as other:
        await composer(other).fill("Anyone reading?")
        await composer(other).press("Enter")
        await expect(page).to_have_title(re.compile(r"^\(1\) #papers"))
        await page.get_by_role("button", name="study-hall, 1 unread").click()
        await expect(page).to_have_title(re.compile(r"^#study-hall"))
        await page.get_by_test_id("member-switcher").click()
        await page.get_by_role("menuitemradio", name="Aiko Tanaka").click()
        await expect(page.get_by_test_id("member-switcher")).to_contain_text("Aiko Tanaka")
        await page.get_by_role("button", name="study-hall").click()
        await composer(page).fill("I am!")
        await composer(page).press("Enter")
        await expect(last_message(other)).to_contain_text("Aiko Tanaka")
        await page.reload()
        await expect(page.get_by_test_id("member-switcher")).to_contain_text("Aiko Tanaka")
        await expect(page.locator("#channel-title")).to_have_text("study-hall")


async def test_a_direct_message_with_the_bot_opens_and_takes_commands(
    bot: PageBot, browser: Browser, playground: Playground
) -> None:
    async with opened(browser, playground, who="Nadia Okafor") as page:
        await page.get_by_role("button", name="Message Waypoint").click()
        await expect(page.locator("#channel-title")).to_have_text("Waypoint")
        await type_line(page, "/look text:hello from here")
        await expect(last_message(page)).to_contain_text("hello from here")


async def test_on_a_phone_the_channels_are_a_drawer(bot: PageBot, browser: Browser, playground: Playground) -> None:
    async with opened(browser, playground, size=PHONE) as page:
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
        sidebar = page.locator("#sidebar")
        await expect(sidebar).not_to_be_in_viewport()
        await page.get_by_role("button", name="Show channels").click()
        await page.get_by_role("button", name="training-runs").click()
        await expect(sidebar).not_to_be_in_viewport()
        await expect(page.locator("#channel-title")).to_have_text("training-runs")
        card = await play_card(page)
        assert await card.evaluate("node => node.scrollWidth <= innerWidth")
        await card.get_by_role("button", name="Choose a preset").click()
        await page.get_by_role("option", name="Quick").click()
        await expect(last_message(page)).to_contain_text("Preset: quick")
        await page.get_by_role("button", name=f"You are {MARA}").last.click()
        await expect(page.get_by_role("menuitemradio", name=TOMAS)).to_be_visible()


async def test_a_playground_that_restarts_is_waited_for(browser: Browser, tmp_path: Path) -> None:
    async with serve(state=tmp_path) as first:
        port = first.port
        context = await browser.new_context()
        page = await context.new_page()
        await page.goto(first.url)
        await expect(page.get_by_test_id("banner")).to_contain_text("Waypoint is offline")
        await composer(page).fill("Before")
        await composer(page).press("Enter")
        await expect(last_message(page)).to_contain_text("Before")
    await expect(page.get_by_test_id("banner")).to_contain_text("The playground is away")
    await composer(page).fill("Kept")
    await composer(page).press("Enter")
    await expect(page.locator("#composer-problem")).to_contain_text("Your message stays here")
    async with serve(state=tmp_path, port=port):
        await expect(page.get_by_test_id("banner")).to_contain_text("Waypoint is offline", timeout=15_000)
        await expect(last_message(page)).to_contain_text("Before")
        await composer(page).press("Enter")
        await expect(last_message(page)).to_contain_text("Kept")
        await context.close()


async def test_an_address_with_an_unknown_member_opens_as_somebody(browser: Browser, playground: Playground) -> None:
    page = await browser.new_page()
    await page.goto(f"{playground.url}/?as=123&channel=456")
    await expect(page.get_by_test_id("member-switcher")).to_contain_text(MARA)
    await expect(page.locator("#channel-title")).to_have_text("welcome")
    await page.close()
