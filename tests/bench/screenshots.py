"""The README's pictures, taken of the real page with the real bot: `make screenshots`."""

import asyncio
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

from playwright.async_api import Page, async_playwright
from sqlalchemy import select, update

from db import digest_sweep, papers
from db.paper_tables import DigestSettings
from db.tables import Member
from lessons.load import load_curriculum
from tests.bench.weeks.arxiv import captured
from tests.e2e.rig import Rig, running
from tests.playground.page_hands import composer
from tests.quizzing import make_familiar, right_letter
from workers.papers.ranking import rank_servers

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking")


async def take(folder: Path) -> None:
    """Play the loop as a member on a desktop, then on a phone, and keep a picture of each."""
    async with running() as rig, async_playwright() as playwright:
        await asyncio.gather(rig.start("bot"), rig.start("worker"))
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(FLAGS))
        desktop = await browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="dark")
        await desktop.goto(address(rig, "training-runs"))
        await say(desktop, "/start pace:steady time_zone:Berlin", "Welcome")
        await dismiss(desktop)
        await say(desktop, "/run cnn preset:standard seed:7", "Run card")
        await desktop.wait_for_timeout(1500)
        headline = desktop.get_by_test_id("messages").get_by_role("heading", name="read right").last
        await headline.evaluate("node => node.scrollIntoView({ block: 'start' })")
        await desktop.wait_for_timeout(500)
        await desktop.screenshot(path=folder / "result.png")
        phone = await browser.new_page(
            viewport={"width": 390, "height": 800}, device_scale_factor=2, color_scheme="dark", is_mobile=True
        )
        await phone.goto(address(rig, "study-hall"))
        async with rig.database.session() as session:
            member_id = await session.scalar(select(Member.user_id))
        for topic_id in ("python-math", "neural-networks", "preprocessing"):
            await make_familiar(rig.database, member_id or 0, topic_id)
        await say(phone, "/next", "What is left")
        await dismiss(phone)
        await say(phone, "/quiz", "question 1 of 6")
        letter = await right_letter(rig.database)
        await phone.get_by_role("button", name=letter, exact=True).last.click()
        await phone.get_by_text("Right.").last.wait_for()
        await phone.wait_for_timeout(700)
        await phone.screenshot(path=folder / "quiz.png")
        await dismiss(phone)
        await say(phone, "/roadmap", "topics done")
        await phone.wait_for_timeout(1500)
        await phone.screenshot(path=folder / "roadmap.png")
        await digest(rig, phone, folder)
        await browser.close()


async def digest(rig: Rig, phone: Page, folder: Path) -> None:
    """The first digest, of the captured papers where they are on this machine."""
    found = captured()
    if not found:
        return
    await phone.goto(address(rig, "papers"))
    await say(phone, "/papers digest time_zone:Berlin", "About ten papers")
    now = datetime.now(UTC)
    async with rig.database.transaction() as session:
        await papers.store_batch(session, found, source="captured", feed_says=None, now=now)
        await session.execute(update(DigestSettings).values(next_due_at=now))
    await rank_servers(rig.database, load_curriculum(), now)
    async with rig.database.transaction() as session:
        await digest_sweep.write_due(session, now)
    async with asyncio.timeout(30):
        while not (threads := rig.playground.world.threads()):  # noqa: ASYNC110 - a world to look at, no event
            await asyncio.sleep(0.1)
    await phone.goto(address(rig, threads[0].name))
    await phone.get_by_text("Papers of the week").last.wait_for()
    await phone.wait_for_timeout(1000)
    await phone.get_by_text("Papers of the week").last.evaluate("node => node.scrollIntoView({ block: 'start' })")
    await phone.wait_for_timeout(500)
    await phone.screenshot(path=folder / "papers.png")


def address(rig: Rig, channel: str) -> str:
    """The page as Mara, in a channel."""
    world = rig.playground.world
    mara = next(one for one in world.users.values() if one.username == "mara")
    place = next(one for one in (*world.guild_channels(), *world.threads()) if one.name == channel)
    return f"{rig.playground.url}/?as={mara.id}&channel={place.id}"


async def say(page: Page, line: str, answer: str) -> None:
    """Type a command and wait for words of its answer."""
    await page.get_by_test_id("messages").wait_for(state="attached")
    await page.wait_for_timeout(800)
    await composer(page).fill(line)
    await composer(page).press("Enter")
    await page.wait_for_timeout(300)
    if await page.get_by_test_id("command-form").count():
        await page.keyboard.press("Enter")
    await page.get_by_test_id("messages").get_by_text(answer).last.wait_for()


async def dismiss(page: Page) -> None:
    """Put away what only this member sees."""
    await page.get_by_text("Dismiss message").last.click()


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/pictures")
    target.mkdir(parents=True, exist_ok=True)
    asyncio.run(take(target))
