"""`/run deploy`: what can be chosen."""

from workers.options import ChoiceOption, IntOption
from workers.project import DatasetInfo, Metric, Preset, Project

DEPLOY = Project(
    id="deploy",
    title="Deploy a trained model",
    topic_id="deployment",
    emoji="🚀",
    summary="A model that you trained is exported, made small, measured and served over HTTP.",
    options=(
        IntOption("minutes", "Minutes", "How long the model is served.", minimum=1, maximum=1440),
        ChoiceOption(
            "numbers",
            "Numbers",
            "What is served: int8, float32, or (auto) int8 if it is as good and no slower.",
            choices=("auto", "int8", "float32"),
        ),
        IntOption("requests", "Requests", "Predictions measured for each form of the model.", minimum=20, maximum=2000),
    ),
    presets=(
        Preset("quick", "An hour, measured with 100 requests.", {"minutes": 60, "numbers": "auto", "requests": 100}),
        Preset("standard", "Four hours, 300 requests.", {"minutes": 240, "numbers": "auto", "requests": 300}),
        Preset("best", "A day, 1,000 requests.", {"minutes": 1440, "numbers": "auto", "requests": 1000}),
    ),
    datasets=(DatasetInfo("your-model", "Your model", "The test data of the model that is deployed.", embedded=True),),
    default_dataset="your-model",
    default_preset="quick",
    headline=Metric("answer_ms", "Answer time", percent=False, higher_is_better=False, unit="ms", digits=1),
    progress_metrics=(
        Metric("float32_ms", "Float32", percent=False, higher_is_better=False, unit="ms", digits=2),
        Metric("int8_ms", "Int8", percent=False, higher_is_better=False, unit="ms", digits=2),
    ),
    references={},
    takes_models_of=("cnn", "transformer"),
)
