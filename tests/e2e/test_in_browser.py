"""The loop as a person plays it: a real browser, mouse and keyboard, the real bot and a real worker."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect
from sqlalchemy import select

from db.tables import Member
from tests.e2e.rig import Rig, running
from tests.playground.page_fixtures import CHROMIUM, QUIET
from tests.playground.page_hands import DESKTOP, PHONE, composer, opened, type_line
from tests.quizzing import make_familiar, right_letter

PATIENCE = 60_000


@pytest_asyncio.fixture
async def rig() -> AsyncIterator[Rig]:
    async with running() as started:
        await asyncio.gather(started.start("bot"), started.start("worker"))
        yield started


@pytest_asyncio.fixture
async def real_browser() -> AsyncIterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: install the package `chromium`")
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        await chromium.close()


async def test_the_loop_with_mouse_and_keyboard(rig: Rig, real_browser: Browser) -> None:
    async with opened(real_browser, rig.playground, channel="training-runs", size=DESKTOP) as page:
        messages = page.get_by_test_id("messages")
        await composer(page).click()
        await page.keyboard.type("/start")
        await page.keyboard.press("Enter")
        await page.keyboard.press("Enter")
        form = page.get_by_test_id("modal")
        await form.get_by_label("Brisk").check()
        await form.get_by_label("Time zone").fill("new york")
        await form.get_by_test_id("modal-submit").click()
        await expect(messages.get_by_text("America/New_York")).to_be_visible()

        await messages.get_by_role("button", name="Open the topic").click()
        await messages.get_by_role("button", name="Quiz me").click()
        for number in range(1, 7):
            await expect(messages.get_by_text(f"question {number} of 6")).to_be_visible()
            right = await right_letter(rig.database)
            await messages.get_by_role("button", name=right, exact=True).click()
            await expect(messages.get_by_text("Right.")).to_be_visible()
            await messages.get_by_role("button", name="How it went" if number == 6 else "Next question").click()
        await expect(messages.get_by_role("heading", name="6 of 6 right")).to_be_visible()
        async with rig.database.session() as session:
            member_id = await session.scalar(select(Member.user_id))
        assert member_id is not None
        await make_familiar(rig.database, member_id, "python-math")
        await messages.get_by_role("button", name="Back to the topic").click()
        await expect(messages.get_by_text("Understand Neural Networks Basics").first).to_be_visible()

        await type_line(page, "/run cnn epochs:3 seed:5")
        result = messages.get_by_role("heading", name="test pictures read right")
        await expect(result).to_be_visible(timeout=PATIENCE)
        card = page.get_by_test_id("message").filter(has=page.get_by_role("heading", name="test pictures read right"))
        await expect(card.get_by_role("button", name="Compare")).to_be_visible()
        pictures = card.locator("img[src*='/attachments/']")
        await expect(pictures).to_have_count(4)
        for number in range(2):
            await expect(pictures.nth(number)).to_have_js_property("complete", value=True)
            assert await pictures.nth(number).evaluate("image => image.naturalWidth") > 500

    async with opened(real_browser, rig.playground, channel="training-runs", size=PHONE) as phone:
        await type_line(phone, "/roadmap share:true")
        picture = phone.get_by_test_id("messages").locator("img[alt*='Neural networks']").last
        await expect(picture).to_be_visible()
        box = await picture.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE[0], "the picture fits the phone's screen"
