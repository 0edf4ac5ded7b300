"""What a picture classifier's run tells about itself, so that its member can be asked about it."""

from collections.abc import Iterator

from torch import nn

from lessons.questions.run_facts import Layer, RunFacts
from workers.catalogue import project
from workers.recipes.classified import Evaluation
from workers.recipes.handle import Run
from workers.recipes.pictures import PictureSet


def facts_of(run: Run, data: PictureSet, net: nn.Module, test: Evaluation) -> RunFacts:
    """The facts of a run whose options include ``epochs``, ``batch_size`` and ``views``, without its curves."""
    options = run.job.options
    return RunFacts(
        project=run.job.project,
        dataset=project(run.job.project).dataset(run.job.dataset).title,
        size=data.size,
        channels=data.channels,
        layers=tuple(layers_of(net)),
        training=len(data.train_y),
        validation=len(data.validation_y),
        test=len(data.test_y),
        batch_size=int(options["batch_size"]),
        epochs=int(options["epochs"]),
        classes=data.classes,
        confusion=tuple(tuple(map(int, row)) for row in test.confusion.tolist()),
        views=int(options["views"]),
    )


def layers_of(net: nn.Module) -> Iterator[Layer]:
    """The layers that have a size, in the order in which the network names them."""
    for module in net.modules():
        match module:
            case nn.Conv2d(in_channels=ins, out_channels=outs):
                kernel, stride, padding = module.kernel_size[0], module.stride[0], module.padding[0]
                yield Layer("convolution", ins, outs, kernel, stride, int(padding), _has_bias(module))
            case nn.MaxPool2d(kernel_size=int(kernel), stride=int(stride)):
                yield Layer("pooling", kernel=kernel, stride=stride)
            case nn.BatchNorm2d(num_features=features) | nn.GroupNorm(num_channels=features):
                yield Layer("normalisation", features, features, bias=True)
            case nn.Linear(in_features=ins, out_features=outs):
                yield Layer("linear", ins, outs, bias=_has_bias(module))
            case _:
                pass


def _has_bias(module: nn.Module) -> bool:
    return any(name == "bias" for name, _ in module.named_parameters())
