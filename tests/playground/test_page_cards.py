"""The page in a real browser: what the bot sends can be pressed, chosen, filled in and watched."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from bot.playground import Playground
from tests.playground.page_hands import MARA, TOMAS, composer, last_message, opened, play_card, type_line
from tests.playground.page_rig import PageBot

pytest_plugins = ("tests.playground.page_fixtures",)
pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_press_edits_the_card_in_place_and_keeps_its_picture(
    bot: PageBot, browser: Browser, playground: Playground
) -> None:
    async with opened(browser, playground) as page:
        card = await play_card(page)
        picture = card.get_by_role("img", name="Curves")
        await expect(picture).to_have_js_property("complete", True)
        node = await picture.element_handle()
        assert await picture.evaluate("img => img.naturalWidth") == 480
        for step in (1, 2, 3):
            await card.get_by_role("button", name="Step").click()
            await expect(card).to_contain_text(f"Step {step} of 5")
        assert node is not None
        assert await node.evaluate("img => img.isConnected")


async def test_an_unanswered_press_says_so_where_it_was_pressed(
    bot: PageBot, browser: Browser, playground: Playground
) -> None:
    async with opened(browser, playground) as page:
        card = await play_card(page)
        silent = card.get_by_role("button", name="Silent")
        await silent.click()
        await expect(silent).to_have_attribute("aria-busy", "true")
        await expect(card.get_by_role("alert")).to_contain_text(
            "This interaction failed. The application did not respond"
        )
        await expect(silent).not_to_have_attribute("aria-busy", "true")


async def test_a_deferred_answer_shows_thinking_until_it_comes(
    bot: PageBot, browser: Browser, playground: Playground
) -> None:
    async with opened(browser, playground) as page:
        await type_line(page, "/slow")
        await expect(last_message(page)).to_contain_text("Waypoint is thinking…")
        bot.dispatch("answer")
        await expect(last_message(page)).to_contain_text("It was worth the wait.")
        await expect(page.get_by_text("Waypoint is thinking…")).to_have_count(0)


async def test_a_select_is_used_with_arrow_keys(bot: PageBot, browser: Browser, playground: Playground) -> None:
    async with opened(browser, playground) as page:
        card = await play_card(page)
        await card.get_by_role("button", name="Choose a preset").press("Enter")
        await expect(page.get_by_role("option", name="Quick Two minutes")).to_be_visible()
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Enter")
        await expect(last_message(page)).to_contain_text("Preset: good")


async def test_a_modal_checks_its_fields_then_sends_them(
    bot: PageBot, browser: Browser, playground: Playground, tmp_path: Path
) -> None:
    proof = tmp_path / "proof.txt"
    proof.write_text("done")
    async with opened(browser, playground) as page:
        card = await play_card(page)
        await card.get_by_role("button", name="Form").click()
        modal = page.get_by_role("dialog", name="How did it go?")
        headline = modal.get_by_label("Headline")
        await expect(headline).to_be_focused()
        await modal.get_by_role("button", name="Submit").click()
        await expect(modal.get_by_test_id("field-headline")).to_contain_text("Please fill this in.")
        await expect(modal.get_by_test_id("field-hard")).to_contain_text("Please choose one.")
        await headline.fill("Well")
        await modal.get_by_label("Hard", exact=True).check()
        await modal.get_by_label("Videos").check()
        await modal.get_by_label("Share it").check()
        await modal.get_by_label("Choose a file").set_input_files(proof)
        await expect(modal.get_by_test_id("field-proof")).to_contain_text("proof.txt")
        await modal.get_by_role("button", name="Submit").click()
        await expect(modal).to_have_count(0)
        await expect(last_message(page)).to_contain_text("Got Well, hard, ['videos'], True and ['proof.txt'].")


async def test_a_command_can_answer_with_a_modal_that_has_selects(
    bot: PageBot, browser: Browser, playground: Playground
) -> None:
    async with opened(browser, playground) as page:
        await type_line(page, "/ask")
        modal = page.get_by_role("dialog", name="Ask")
        await modal.get_by_role("button", name="Choose an option").press("Enter")
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Enter")
        await expect(modal.get_by_role("button", name="Choose an option: Attention")).to_be_focused()
        await modal.get_by_role("button", name="Choose a member").click()
        await page.get_by_role("option", name=TOMAS).click()
        await modal.get_by_label("Your question").fill("Why divide by the root?")
        await modal.get_by_role("button", name="Submit").click()
        await expect(last_message(page)).to_contain_text(f"attention, {TOMAS}, Why divide by the root?")


async def test_escape_closes_a_modal_and_tab_stays_inside(
    bot: PageBot, browser: Browser, playground: Playground
) -> None:
    async with opened(browser, playground) as page:
        card = await play_card(page)
        await card.get_by_role("button", name="Form").click()
        modal = page.get_by_role("dialog", name="How did it go?")
        await expect(modal.get_by_label("Headline")).to_be_focused()
        for _ in range(14):
            await page.keyboard.press("Tab")
            assert await page.evaluate("document.activeElement.closest('dialog') !== null")
        await page.keyboard.press("Escape")
        await expect(modal).to_have_count(0)


async def test_an_ephemeral_answer_is_seen_by_its_member_only_and_can_be_dismissed(
    bot: PageBot, browser: Browser, playground: Playground
) -> None:
    async with opened(browser, playground) as mara, opened(browser, playground, who=TOMAS) as tomas:
        card = await play_card(mara)
        await expect(tomas.get_by_text(f"{MARA} used /card").last).to_be_visible()
        await card.get_by_role("button", name="Whisper").click()
        whisper = last_message(mara)
        await expect(whisper).to_contain_text("Just between us")
        await expect(whisper).to_contain_text("Only you can see this")
        await composer(mara).fill("Are you there?")
        await composer(mara).press("Enter")
        await expect(last_message(tomas)).to_contain_text("Are you there?")
        await expect(tomas.get_by_test_id("messages").get_by_text("between us")).to_have_count(0)
        await mara.get_by_role("button", name="Dismiss message").click()
        log = mara.get_by_test_id("messages")
        await expect(log.get_by_text("between us")).to_have_count(0)
        await mara.reload()
        await expect(log).to_contain_text("Are you there?")
        await expect(log.get_by_text("between us")).to_have_count(0)
