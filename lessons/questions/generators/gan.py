"""GANs: the best discriminator, growing a picture, the generator's loss, and how many kinds of sample it makes."""

from dataclasses import dataclass
from math import exp, log
from random import Random
from typing import Any, Final, Literal

from lessons.questions.apart import keep_apart
from lessons.questions.drawing import Draft, Generator, Redraw, Wrong
from lessons.questions.model import GridPicture, Typed
from lessons.questions.wording import decimal, short


@dataclass(frozen=True, slots=True)
class Densities:
    """The densities of real and of generated data at one point, in hundredths."""

    real: int
    generated: int


def draw_densities(dice: Random) -> Densities:
    """Two densities that differ clearly."""
    real, generated = dice.sample(range(5, 95, 5), 2)
    return Densities(real, generated)


def ask_optimal_discriminator(given: Densities) -> Draft:
    """Goodfellow et al. 2014, "Generative Adversarial Nets", proposition 1."""
    real, fake = given.real / 100, given.generated / 100
    right, swapped = real / (real + fake), fake / (real + fake)
    keep_apart((right, swapped, real / fake, real, 0.5), 0.03)
    pair = f"{short(real)} / ({short(real)} + {short(fake)})"
    return Draft(
        stem=(
            f"At a point x the real data has density `p_data(x) = {short(real)}` and a fixed generator "
            f"`p_gen(x) = {short(fake)}`. What does the best possible discriminator answer there: `D(x)`, "
            "the probability that x is real, rounded to two decimals? It sees as many real samples as generated ones."
        ),
        right=decimal(right),
        wrong=(
            Wrong(
                decimal(swapped),
                "swapped-real-and-generated",
                "That is the probability that x is *generated*. D(x) is the probability that it is real, so the "
                f"real data's {short(real)} goes on top.",
            ),
            Wrong(
                decimal(real / fake),
                "ratio-of-densities",
                f"That is {short(real)} / {short(fake)}, the odds and not a probability. Divide by the sum of both "
                "densities.",
            ),
            Wrong(
                decimal(real),
                "density-as-probability",
                "That is the real data's density alone. What counts is its share among all samples that fall here, "
                "so the generator's density matters too.",
            ),
            Wrong(
                decimal(0.5),
                "always-in-balance",
                f"½ is right only where both densities agree. Here they are {short(real)} and {short(fake)}.",
            ),
        ),
        solution=f"`D(x) = p_data / (p_data + p_gen) = {pair} = {decimal(right)}`",
        typed=Typed(right, 0.006),
    )


@dataclass(frozen=True, slots=True)
class TransposedConvolution:
    """A square input and a square kernel, as `torch.nn.ConvTranspose2d` takes them."""

    size: int
    kernel: int
    stride: int
    padding: int
    output_padding: int


def draw_transposed_convolution(dice: Random) -> TransposedConvolution:
    """Sizes as in the generators of GANs; an output padding now and then."""
    given = TransposedConvolution(
        size=dice.choice((4, 5, 6, 7, 8, 10, 12, 14, 16)),
        kernel=dice.choice((2, 3, 4, 5)),
        stride=dice.choice((1, 2, 2, 3)),
        padding=dice.choice((0, 1, 1, 2)),
        output_padding=dice.choice((0, 0, 1)),
    )
    if given.output_padding >= given.stride or given.padding > given.kernel // 2:
        raise Redraw
    return given


def ask_transposed_conv_output_size(given: TransposedConvolution) -> Draft:
    """Dumoulin and Visin 2016, relationship 14, with torch's `output_padding`."""
    n, k, s, p, extra = given.size, given.kernel, given.stride, given.padding, given.output_padding
    right = (n - 1) * s - 2 * p + k + extra

    formula = "(n − 1)·s − 2p + k" + (" + output_padding" if extra else "")

    def side(value: int) -> str:
        return f"{value} × {value}"

    wrong = [
        Wrong(
            side((n + 2 * p - k) // s + 1),
            "used-the-ordinary-convolution",
            "That is the output of an ordinary convolution. A transposed one goes the other way, from its output's "
            f"size to its input's: `{formula}`.",
        ),
        Wrong(
            side(n * s - 2 * p + k + extra),
            "forgot-minus-one",
            f"That takes {n} steps of {s}. Between the first and the last of {n} pixels there are only {n - 1}.",
        ),
        Wrong(
            side((n - 1) * s + 2 * p + k + extra),
            "added-the-padding",
            f"That adds the padding. Here {p} is cut off the *output* on each side, which makes it smaller.",
        ),
        Wrong(
            side((n - 1) * s - p + k + extra),
            "cut-one-side",
            f"That cuts one side only. Padding {p} goes off both sides: 2 · {p} = {2 * p}.",
        ),
        Wrong(
            side(n * s),
            "always-times-stride",
            f"The side is not simply {n} · {s}: kernel and padding count too. Use `{formula}`.",
        ),
    ]
    if extra:
        wrong.append(
            Wrong(
                side(right - extra),
                "forgot-the-output-padding",
                f"That leaves `output_padding={extra}` out. It adds {extra} to the output's size, on one side.",
            )
        )
    options = f"kernel_size={k}, stride={s}, padding={p}" + (f", output_padding={extra}" if extra else "")
    return Draft(
        stem=(
            f"Maps of {n} × {n} go through PyTorch's `ConvTranspose2d` with `{options}`, everything else at its "
            "default. How large is each output map?"
        ),
        right=side(right),
        wrong=[each for each in wrong if not each.text.startswith(("0", "-"))],
        solution=(f"`{formula} = {n - 1}·{s} − 2·{p} + {k}" + (f" + {extra}" if extra else "") + f" = {right}`"),
        typed=Typed(right, unit="pixels a side"),
    )


@dataclass(frozen=True, slots=True)
class GeneratorLoss:
    """What the discriminator says of one generated sample, in hundredths, and what is asked."""

    kind: Literal["loss", "gradient"]
    verdict: int


def draw_generator_loss(dice: Random) -> GeneratorLoss:
    """The gradient is asked for where the discriminator wins, which is where the losses differ."""
    if dice.random() < 0.5:
        return GeneratorLoss("loss", dice.choice(range(3, 91)))
    return GeneratorLoss("gradient", dice.choice(range(8, 36)))


def ask_generator_loss(given: GeneratorLoss) -> Draft:
    """Goodfellow et al. 2014, section 3: maximise log D(G(z)) in place of minimising log(1 − D(G(z)))."""
    return _ask_loss(given) if given.kind == "loss" else _ask_gradient(given)


def _ask_loss(given: GeneratorLoss) -> Draft:
    d = given.verdict / 100
    right, judge, original, unsigned = -log(d), -log(1 - d), log(1 - d), log(d)
    keep_apart((right, judge, original, unsigned), 0.03)
    return Draft(
        stem=(
            f"For one generated picture the discriminator answers `D(G(z)) = {short(d)}`, its probability that the "
            "picture is real. How large is the *generator's* non-saturating loss for it (natural logarithm, rounded to "
            "two decimals)?"
        ),
        right=decimal(right),
        wrong=(
            Wrong(
                decimal(judge),
                "discriminators-loss",
                f"That is −ln(1 − {short(d)}), the *discriminator's* loss: small when it sees the fake. The "
                f"generator wants to be taken for real: −ln {short(d)}.",
            ),
            Wrong(
                decimal(original),
                "saturating-loss",
                f"That is ln(1 − {short(d)}), the original loss, whose gradient goes flat when the judge is sure. "
                f"The non-saturating one is −ln {short(d)}.",
            ),
            Wrong(
                decimal(unsigned),
                "forgot-the-minus",
                f"That is ln {short(d)}, which the generator wants *large*. A loss is made small, so it takes a minus.",
            ),
        ),
        solution=f"`L = −ln D(G(z)) = −ln {short(d)} = {decimal(right)}`",
        typed=Typed(right, 0.006),
    )


def _ask_gradient(given: GeneratorLoss) -> Draft:
    d = given.verdict / 100
    right = 1 - d
    keep_apart((right, d, d * (1 - d)), 0.005)
    return Draft(
        stem=(
            f"The discriminator's last step is a sigmoid: `D(G(z)) = σ(a)`. For one generated picture it gives "
            f"{short(d)}. How large is `|∂L/∂a|` for the generator's non-saturating loss `L = −ln σ(a)`?"
        ),
        right=short(right),
        wrong=(
            Wrong(
                short(d),
                "gradient-of-the-saturating-loss",
                f"That is the gradient of ln(1 − σ(a)), which dies when the judge is sure. For −ln σ(a) it is "
                f"1 − σ(a) = 1 − {short(d)}.",
            ),
            Wrong(
                short(d * (1 - d)),
                "derivative-of-the-sigmoid-only",
                "That is σ′(a) = σ(1 − σ) alone. The logarithm divides by σ once more, and 1 − σ is left.",
            ),
            Wrong(
                decimal(1 / d),
                "stopped-at-the-logarithm",
                f"That is 1/{short(d)}, the gradient at D's *output*. Down to `a` it still goes through the sigmoid: "
                "times σ(1 − σ).",
            ),
        ),
        solution=f"`∂(−ln σ)/∂a = −(1/σ)·σ(1 − σ) = −(1 − σ)`, of size `1 − {short(d)} = {short(right)}`",
        typed=Typed(right, 0.0005),
    )


@dataclass(frozen=True, slots=True)
class ClassCounts:
    """How many of 100 generated digits the judge takes for each of 0 to 9."""

    counts: tuple[int, ...]


_SPREADS: Final = (
    (50, 25, 25),
    (60, 20, 20),
    (70, 10, 10, 10),
    (40, 40, 10, 10),
    (80, 10, 10),
    (60, 40),
    (80, 20),
    (70, 30),
    (90, 10),
    (40, 20, 20, 20),
    (50, 20, 20, 10),
    (60, 10, 10, 10, 10),
    (50, 10, 10, 10, 10, 10),
    (40, 30, 20, 10),
    (75, 25),
    (70, 20, 10),
)


def draw_class_counts(dice: Random) -> ClassCounts:
    """An uneven spread, over digits drawn by chance."""
    spread = dice.choice(_SPREADS)
    counts = [0] * 10
    for digit, count in zip(dice.sample(range(10), len(spread)), spread, strict=True):
        counts[digit] = count
    return ClassCounts(tuple(counts))


def ask_mode_collapse(given: ClassCounts) -> Draft:
    """The exponential of the entropy: the number of equally frequent classes that would be as varied."""
    found = sorted(((count, digit) for digit, count in enumerate(given.counts) if count), key=lambda each: -each[0])
    shares = [count / 100 for count, _ in found]
    entropy = -sum(share * log(share) for share in shares)
    right = exp(entropy)
    keep_apart((right, len(found), entropy, 2**entropy, 1 / shares[0]), 0.15)
    listed = ", ".join(f"{count} × `{digit}`" for count, digit in found)
    largest, most_common = found[0]
    return Draft(
        stem=(
            f"A judge sorts 100 generated digits: {listed}, no others. How many classes is that *effectively*: "
            "`exp(H)` with `H = −Σ p·ln p`, rounded to one decimal?"
        ),
        right=decimal(right, 1),
        wrong=(
            Wrong(
                decimal(len(found), 1),
                "counted-rare-classes-in-full",
                f"That counts each class that occurs as one, however rare. {largest} of the 100 are a "
                f"`{most_common}`, and exp(H) takes that into account.",
            ),
            Wrong(
                decimal(entropy, 1),
                "stopped-at-the-entropy",
                f"That is H itself, {decimal(entropy)} nats. The number of classes is exp(H).",
            ),
            Wrong(
                decimal(2**entropy, 1),
                "mixed-the-logarithms",
                "That is 2 to the power of H, which fits logarithms of base 2. With ln it has to be e to the "
                "power of H.",
            ),
            Wrong(
                decimal(1 / shares[0], 1),
                "looked-at-the-largest-class-only",
                f"That is 1 / {short(shares[0])}, from the commonest class alone. exp(H) takes the shares of all "
                "classes.",
            ),
        ),
        solution=(
            "`H = −("
            + " + ".join(f"{short(share)}·ln {short(share)}" for share in shares[:3])
            + (" + …" if len(shares) > 3 else "")
            + f") = {decimal(entropy, 3)}`, `exp(H) = {decimal(right, 1)}` of 10 classes: the generator has collapsed."
        ),
        typed=Typed(right, 0.06, "classes"),
        picture=GridPicture(
            cells=(tuple(str(count) for count in given.counts),),
            rows=("samples",),
            columns=tuple(str(digit) for digit in range(10)),
            column_label="taken for",
        ),
    )


GENERATORS: tuple[Generator[Any], ...] = (
    Generator("optimal_discriminator", draw_densities, ask_optimal_discriminator),
    Generator("transposed_conv_output_size", draw_transposed_convolution, ask_transposed_conv_output_size),
    Generator("generator_loss", draw_generator_loss, ask_generator_loss),
    Generator("mode_collapse", draw_class_counts, ask_mode_collapse),
)
"""The questions of this topic."""
