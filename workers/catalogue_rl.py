"""`/run rl`: what can be chosen, and the figures its results are held against."""

from workers.options import ChoiceOption, FloatOption, IntOption
from workers.project import DatasetInfo, Metric, Preset, Project, Reference

_NETWORK = {
    "width": 64,
    "envs": 16,
    "updates": 2,
    "batch_size": 128,
    "n_step": 3,
    "tau": 0.02,
    "double": "on",
}
_CARTPOLE = {
    "steps": 150_000,
    "learning_rate": 0.003,
    "discount": 0.99,
    "final_epsilon": 0.05,
    "exploration": 0.04,
    **_NETWORK,
}
_FROZEN = {"steps": 120_000, "learning_rate": 0.1, "discount": 0.99, "final_epsilon": 0.05, "exploration": 0.7}
_CLIFF = {"steps": 40_000, "learning_rate": 0.5, "discount": 1.0, "final_epsilon": 0.05, "exploration": 0.5}
_TAXI = {"steps": 250_000, "learning_rate": 0.5, "discount": 0.99, "final_epsilon": 0.02, "exploration": 0.5}
_LANDER = {"steps": 60_000, "learning_rate": 0.0007, "width": 128, "exploration": 0.4, "updates": 4, "tau": 0.005}

RL = Project(
    id="rl",
    title="An agent that learns to play",
    topic_id="reinforcement-learning",
    emoji="🎮",
    summary="An agent learns a game from its rewards alone: Q-learning with a table or with a network.",
    options=(
        IntOption("steps", "Steps", "Moves that the agent makes while it learns, at most.", 1_000, 2_000_000),
        FloatOption("learning_rate", "Learning rate", "How far an estimate moves with each correction.", 1e-5, 1.0),
        FloatOption("discount", "Discount", "What a reward is worth one step later: 1 is patient.", 0.0, 1.0),
        FloatOption("final_epsilon", "Final epsilon", "Share of random moves at the end.", 0.0, 1.0),
        FloatOption("exploration", "Exploration", "Share of the steps over which random moves become rare.", 0.01, 1.0),
        IntOption("width", "Width", "Neurons of each hidden layer (CartPole, LunarLander).", 4, 512),
        IntOption("envs", "Games", "Games played side by side (CartPole, LunarLander).", 1, 64),
        IntOption("updates", "Updates", "Training steps for each step of all games (CartPole, LunarLander).", 1, 32),
        IntOption("batch_size", "Batch size", "Memories in one training step (CartPole, LunarLander).", 8, 1024),
        IntOption("n_step", "N-step", "Rewards that are summed before an estimate follows (both networks).", 1, 20),
        FloatOption("tau", "Tau", "How fast the target network follows (both networks).", 0.0001, 1.0),
        ChoiceOption(
            "double", "Double", "Whether one network chooses and the other judges (both networks).", ("on", "off")
        ),
    ),
    presets=(
        Preset(
            "quick",
            "Until the game is played well, or a short limit: seconds.",
            _CARTPOLE,
            per_dataset={
                "frozenlake": _FROZEN,
                "cliffwalking": _CLIFF,
                "taxi": _TAXI,
                "lunarlander": _LANDER,
            },
        ),
        Preset(
            "standard",
            "Twice the steps.",
            {**_CARTPOLE, "steps": 200_000, "exploration": 0.03},
            per_dataset={
                "frozenlake": {**_FROZEN, "steps": 300_000},
                "cliffwalking": {**_CLIFF, "steps": 80_000},
                "taxi": {**_TAXI, "steps": 500_000},
                "lunarlander": {**_LANDER, "steps": 150_000},
            },
        ),
        Preset(
            "best",
            "The longest: LunarLander takes minutes.",
            {**_CARTPOLE, "steps": 300_000, "exploration": 0.03},
            per_dataset={
                "frozenlake": {**_FROZEN, "steps": 1_000_000, "learning_rate": 0.05},
                "cliffwalking": {**_CLIFF, "steps": 150_000},
                "taxi": {**_TAXI, "steps": 1_000_000},
                "lunarlander": {**_LANDER, "steps": 400_000, "exploration": 0.25},
            },
        ),
    ),
    datasets=(
        DatasetInfo("cartpole", "CartPole", "Balance a pole on a cart; a network learns it.", embedded=True),
        DatasetInfo("frozenlake", "FrozenLake", "Cross slippery ice with holes; a table will do.", embedded=True),
        DatasetInfo("cliffwalking", "CliffWalking", "Walk along a cliff; a table will do.", embedded=True),
        DatasetInfo("taxi", "Taxi", "Fetch passengers and bring them home; a table of 500 states.", embedded=True),
        DatasetInfo("lunarlander", "LunarLander", "Land softly; needs Box2D on the worker.", embedded=False),
    ),
    default_dataset="cartpole",
    default_preset="quick",
    headline=Metric("mean_return", "Mean return", percent=False, higher_is_better=True, digits=2),
    progress_metrics=(
        Metric("evaluation_return", "Return", percent=False, higher_is_better=True, digits=1),
        Metric("training_return", "While learning", percent=False, higher_is_better=True, digits=1),
    ),
    references={
        "cartpole": Reference(
            "cleanrl dqn.py, 500,000 steps", "mean_return", 488.7, "https://docs.cleanrl.dev/rl-algorithms/dqn/"
        ),
    },
    use="play",
)
