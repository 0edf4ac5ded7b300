"""The custom_ids of buttons that stand on cards made in one room and are pressed in another."""

import discord

RUN_CANCEL = "wp:run:cancel:{run_id}"
RUN_AGAIN = "wp:run:again:{run_id}"
RUN_CHANGE = "wp:run:change:{run_id}"
RUN_COMPARE = "wp:run:compare:{run_id}"
RUN_MODEL = "wp:run:model:{run_id}"
RUN_USE = "wp:run:use:{run_id}"
RUN_SHARE = "wp:run:share:{run_id}"
RUN_UNSHARE = "wp:run:unshare:{run_id}"
RUN_BESIDE = "wp:run:beside:{run_id}"
RUN_ONE = "wp:run:one:{run_id}"
RUN_SHOW = "wp:run:show:{run_id}"
DEPLOYMENTS = "wp:deployments"
DEPLOYMENT_STOP = "wp:deployments:stop:{run_id}"
NEXT = "wp:next"
ROADMAP = "wp:roadmap"
TOPIC_READ = "wp:topic:read:{topic_id}:{user_id}"
TOPIC_SKIP = "wp:topic:skip:{topic_id}:{user_id}"
TOPIC_SKIP_SURE = "wp:topic:skip-sure:{topic_id}:{user_id}"
TOPIC_TAKE_BACK = "wp:topic:take-back:{topic_id}:{user_id}"
START_ZONE = "wp:start:{pace}:{zone}"
RUNS_PAGE = "wp:runs:page:{page}"
RUNS_PICK = "wp:runs:pick"

QUIZ_TOPIC = "wp:quiz:topic:{topic_id}"
NEXT_QUIZ = "wp:quiz"
QUIZ_REVIEW = "wp:quiz:review"
QUIZ_RUN = "wp:quiz:run:{run_id}"
QUIZ_ANSWER = "wp:quiz:answer:{quiz_id}:{place}:{digest}:{choice}"
QUIZ_TYPE = "wp:quiz:type:{quiz_id}:{place}:{digest}"
QUIZ_FORM = "wp:quiz:form:{quiz_id}:{place}:{digest}"
QUIZ_GO = "wp:quiz:go:{quiz_id}"
PROGRESS_PHASE = "wp:progress:phase:{user_id}"
PROGRESS_SHARE = "wp:progress:share:{user_id}:{onoff}"
COMMIT_WITHDRAW = "wp:commit:withdraw:{commitment_id}"
COMMIT_BUDDY = "wp:commit:buddy:{commitment_id}:{onoff}"
PLACEMENT = "wp:placement"
PLACEMENT_END = "wp:placement:end:{quiz_id}"
PLACEMENT_START = "wp:placement:start:{topic_id}:{user_id}"
CERTIFICATE_ISSUE = "wp:certificate:issue:{phase_id}"
CERTIFICATE_NAME = "wp:certificate:name:{phase_id}"

DUEL_REPLY = "wp:duel:{duel_reply}:{duel_id}"
DUEL_ANSWER = "wp:duel:answer:{duel_id}:{place}:{digest}:{option}"
DUEL_SKIP = "wp:duel:skip:{duel_id}:{place}"
DUEL_NEXT = "wp:duel:next:{duel_id}:{place}"
DUEL_REMATCH = "wp:duel:rematch:{duel_id}"

NUDGES = "wp:nudges"
NUDGES_ON = "wp:nudges:on"
NUDGES_ON_BESIDE = "wp:nudges:on-beside"
NUDGES_OFF = "wp:nudges:off"
NUDGES_CHANGE = "wp:nudges:change"
NUDGES_PAUSE = "wp:nudges:pause:{onoff}"
NUDGES_HERE = "wp:nudges:here:{onoff}"
NUDGES_MORE = "wp:nudges:more"
NUDGE_ACT = "wp:nudge:{nudge_act}:{user_id}"

PAPER_ACT = "wp:paper:{paper_act}:{digest_id}:{page}:{paper_id}"
DIGEST_PAGE = "wp:digest:{digest_id}:{page}"
PAPERS_LATEST = "wp:papers:latest:{page}:{any_topic}"
PAPERS_SEARCH = "wp:papers:search:{page}:{words}"
PAPERS_SAVED = "wp:papers:saved:{page}"
DIGEST_DM = "wp:digest:dm:{onoff}"

SECONDARY = discord.ButtonStyle.secondary
PRIMARY = discord.ButtonStyle.primary
DANGER = discord.ButtonStyle.danger

_GROUPS = {
    "{run_id}": r"(?P<run_id>[0-9]{1,18})",
    "{user_id}": r"(?P<user_id>[0-9]{1,20})",
    "{topic_id}": r"(?P<topic_id>[a-z0-9-]{1,40})",
    "{phase_id}": r"(?P<phase_id>[a-z0-9-]{1,40})",
    "{pace}": r"(?P<pace>[a-z]{1,12})",
    "{zone}": r"(?P<zone>[A-Za-z0-9_+/-]{1,60})",
    "{page}": r"(?P<page>[0-9]{1,6})",
    "{quiz_id}": r"(?P<quiz_id>[0-9]{1,18})",
    "{place}": r"(?P<place>[0-9]{1,3})",
    "{digest}": r"(?P<digest>[0-9a-f]{6})",
    "{commitment_id}": r"(?P<commitment_id>[0-9]{1,18})",
    "{onoff}": r"(?P<onoff>on|off)",
    "{choice}": r"(?P<choice>[0-9]|x)",
    "{duel_id}": r"(?P<duel_id>[0-9]{1,18})",
    "{duel_reply}": r"(?P<duel_reply>accept|decline|withdraw)",
    "{option}": r"(?P<option>[0-9])",
    "{digest_id}": r"(?P<digest_id>[0-9]{1,18})",
    "{paper_id}": r"(?P<paper_id>[A-Za-z0-9./-]{5,30})",
    "{paper_act}": r"(?P<paper_act>up|down|save|drop|talk)",
    "{any_topic}": r"(?P<any_topic>[a-z0-9-]{0,40})",
    "{words}": r"(?P<words>[^\n]{1,70})",
    "{nudge_act}": r"(?P<nudge_act>1d|3d|1w|fewer|stop)",
}


def template(custom_id: str) -> str:
    """The regular expression that finds the ids again: ``{run_id}`` becomes a named group."""
    for field, group in _GROUPS.items():
        custom_id = custom_id.replace(field, group)
    return custom_id
