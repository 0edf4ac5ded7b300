# A worker. PyPI's torch brings CUDA; for a small image on a CPU set
# TORCH_INDEX=https://download.pytorch.org/whl/cpu, which has the same versions of torch and torchvision.
FROM python:3.11-slim
ARG TORCH_INDEX=https://pypi.org/simple
WORKDIR /app
COPY pyproject.toml constraints.txt README.md ./
RUN pip install --no-cache-dir --constraint constraints.txt --index-url "$TORCH_INDEX" \
      --extra-index-url https://pypi.org/simple torch torchvision
COPY bot bot
COPY cogs cogs
COPY db db
COPY lessons lessons
COPY workers workers
RUN pip install --no-cache-dir --constraint constraints.txt '.[worker]' \
 && useradd --create-home waypoint \
 && install -d -o waypoint /data
USER waypoint
ENV WAYPOINT_HOME=/data
ENTRYPOINT ["waypoint"]
CMD ["worker"]
