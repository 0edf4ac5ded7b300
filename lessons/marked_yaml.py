"""YAML that remembers where everything stands, so that an error can name its line."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, cast

import yaml
from yaml.nodes import MappingNode, Node, SequenceNode

Path = Sequence[str | int]
"""The way to a value: keys of mappings and places in lists, as pydantic's ``loc`` gives it."""


class YamlProblemError(Exception):
    """Something that keeps a file from being read at all."""

    def __init__(self, line: int, sentence: str) -> None:
        super().__init__(sentence)
        self.line = line
        self.sentence = sentence


class _Loader(yaml.SafeLoader):
    """Plain values only: a bare date stays text, since no field of ours is one."""

    yaml_implicit_resolvers: ClassVar = {  # pyright: ignore[reportUnknownVariableType, reportIncompatibleUnannotatedOverride]
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


@dataclass(frozen=True)
class MarkedYaml:
    """A document's plain data and the nodes that it was made from."""

    data: object
    root: Node

    def line(self, path: Path) -> int:
        """The line (from 1) of the value at ``path``, or of the closest thing around it that is there.

        A value under a key is on its key's line, also where it is a block of text that starts below.
        Steps that are no part of the document, as pydantic adds for some types, end the walk.
        """
        node, line = self.root, _line(self.root)
        for step in path:
            match node, step:
                case MappingNode(), str() | int():
                    found = next(((k, v) for k, v in node.value if k.value == str(step)), None)
                    if found is None:
                        return line
                    key, node = found
                    line = _line(key)
                case SequenceNode(), int() if 0 <= step < len(node.value):
                    node = node.value[step]
                    line = _line(node)
                case _:
                    return line
        return line


def read_yaml(text: str) -> MarkedYaml:
    """Reads one document.

    Raises:
        YamlProblemError: broken YAML, an empty or a second document, a key that stands twice, an anchor.
    """
    try:
        loader = _Loader(text)
        try:
            root = loader.get_single_node()
            if root is None:
                raise YamlProblemError(1, "the file is empty")
            _refuse_repeats(root)
            # typeshed leaves the constructor's and the loader's own methods without types
            data = cast("object", loader.construct_document(root))  # pyright: ignore[reportUnknownMemberType]
            return MarkedYaml(data, root)
        finally:
            loader.dispose()  # pyright: ignore[reportUnknownMemberType]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = ", ".join(part for part in (error.context, error.problem) if part)
        raise YamlProblemError(mark.line + 1 if mark else 1, f"this is not YAML: {what}") from error
    except ValueError as error:  # YAML 1.1 takes 0b_ for a number, Python does not
        raise YamlProblemError(1, f"holds a number that is none: {error}") from error
    except yaml.YAMLError as error:  # characters that YAML does not allow carry a position and no mark
        position = getattr(error, "position", 0)
        line = text.count("\n", 0, position) + 1
        raise YamlProblemError(line, "holds a character that YAML does not allow") from error


def _refuse_repeats(root: Node) -> None:
    """YAML's own reader takes the last of two equal keys without a word, and an alias can hold itself."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            raise YamlProblemError(_line(node), "uses an anchor (&) or alias (*); write the value out")
        seen.add(id(node))
        match node:
            case MappingNode():
                keys: set[str] = set()
                for key, value in node.value:
                    if isinstance(key, MappingNode | SequenceNode):
                        raise YamlProblemError(_line(key), "a key should be a plain word; quote a { or [")
                    if key.value in keys:
                        raise YamlProblemError(_line(key), f"`{key.value}` stands here a second time")
                    keys.add(key.value)
                    waiting.append(value)
            case SequenceNode():
                waiting.extend(node.value)
            case _:
                pass


def _line(node: Node) -> int:
    return node.start_mark.line + 1
