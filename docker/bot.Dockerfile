# The bot: no torch. Build from the repository's root: docker build -f docker/bot.Dockerfile .
FROM python:3.11-slim
WORKDIR /app
COPY pyproject.toml constraints.txt README.md ./
COPY bot bot
COPY cogs cogs
COPY db db
COPY lessons lessons
COPY workers workers
# libfribidi lets Pillow kern the roadmap picture.
RUN apt-get update && apt-get install -y --no-install-recommends libfribidi0 && rm -rf /var/lib/apt/lists/*
RUN pip install --no-cache-dir --constraint constraints.txt . \
 && useradd --create-home waypoint
USER waypoint
ENTRYPOINT ["waypoint"]
CMD ["bot", "--sync"]
