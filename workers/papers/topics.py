"""What a topic of the roadmap sounds like in a paper.

The lessons speak to learners ("compute the output size"), papers to researchers. So beside a topic's own title,
outcomes and skills stand the words that papers about it use. A topic that an organiser added has its own words only.
"""

from collections.abc import Iterable
from typing import Final

from lessons.curriculum import Curriculum
from lessons.model import Topic
from workers.papers.question import TopicWords

_NAMES: Final = {"reinforcement-learning": "Reinforcement learning"}
"""Where the short title, made for a narrow card, is no name in a sentence."""
_WORDS: Final = {
    "python-math": (
        "linear algebra matrix factorization numerical computation automatic differentiation tensor library jax numpy "
        "probability gradient vectorized implementation open source toolkit"
    ),
    "neural-networks": (
        "neural network multilayer perceptron mlp activation function relu universal approximation expressivity width "
        "depth feedforward initialization feature learning two-layer network infinite width neural tangent kernel"
    ),
    "preprocessing": (
        "data preprocessing data quality missing values imputation normalization outlier detection data cleaning "
        "augmentation class imbalance label noise tabular data data leakage feature engineering dataset curation"
    ),
    "backpropagation": (
        "optimization stochastic gradient descent sgd adam optimizer learning rate momentum backpropagation "
        "convergence loss landscape sharpness gradient clipping second-order training dynamics"
    ),
    "cnn": (
        "convolutional neural network cnn image classification computer vision object detection segmentation resnet "
        "imagenet visual recognition medical imaging vision backbone pixels"
    ),
    "rnn": (
        "recurrent neural network rnn lstm gru sequence modeling time series forecasting state space model mamba long "
        "range dependencies temporal speech recognition sequential data"
    ),
    "transfer-learning": (
        "transfer learning fine-tuning pretrained model domain adaptation foundation model parameter-efficient lora "
        "adapters few-shot self-supervised representation pretraining distribution shift out-of-distribution"
    ),
    "gan": (
        "generative adversarial network gan image generation diffusion model score-based generative model variational "
        "autoencoder flow matching normalizing flow sampling synthesis latent denoising"
    ),
    "transformers": (
        "transformer attention self-attention large language model llm language modeling bert gpt pretraining tokens "
        "context length in-context learning text classification natural language processing reasoning"
    ),
    "captioning": (
        "image captioning vision-language model multimodal visual question answering image-text clip video "
        "understanding grounding caption cross-modal alignment"
    ),
    "tuning": (
        "hyperparameter optimization bayesian optimization neural architecture search automl regularization dropout "
        "early stopping scaling laws model selection pruning search space"
    ),
    "deployment": (
        "inference efficiency quantization compression pruning distillation edge devices latency serving deployment "
        "hardware accelerator memory footprint low-precision on-device mobile federated"
    ),
    "reinforcement-learning": (
        "reinforcement learning policy gradient q-learning actor-critic markov decision process reward agent "
        "exploration bandit offline reinforcement learning control robot environment rlhf"
    ),
    "research": (
        "benchmark evaluation reproducibility baseline ablation survey review statistical significance position paper "
        "interpretability uncertainty calibration fairness conformal prediction"
    ),
}


def topic_words(curriculum: Curriculum) -> tuple[TopicWords, ...]:
    """All topics, in their order."""
    return tuple(
        TopicWords(topic.id, _NAMES.get(topic.id, topic.short_title), " ".join(_texts(topic)))
        for topic in curriculum.topics
    )


def _texts(topic: Topic) -> Iterable[str]:
    yield topic.title
    yield topic.title
    yield from topic.outcomes
    yield from (skill.title for skill in topic.skills)
    # Thrice: they are few beside the lesson's words, and say more.
    yield from [_WORDS.get(topic.id, topic.why)] * 3
