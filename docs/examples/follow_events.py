"""Follows Patchlog's events on Kafka, and says each once: an example to begin from. Needs kafka-python.

python docs/examples/follow_events.py kafka1:9092 patchlog.events --state seen.json
"""

import argparse
import json
from pathlib import Path

from kafka import KafkaConsumer, TopicPartition


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("server", nargs="+", help="the brokers, then the topic's name")
    parser.add_argument("topic")
    parser.add_argument("--state", type=Path, required=True, help="the file in which it remembers where it was")
    parser.add_argument("--stop-after", type=int, help="end after so many events")
    arguments = parser.parse_args()
    state = json.loads(arguments.state.read_text()) if arguments.state.exists() else {"offsets": {}, "last": {}}

    consumer = KafkaConsumer(bootstrap_servers=arguments.server, enable_auto_commit=False)
    partitions = [TopicPartition(arguments.topic, number) for number in consumer.partitions_for_topic(arguments.topic)]
    consumer.assign(partitions)
    for partition in partitions:
        consumer.seek(partition, state["offsets"].get(str(partition.partition), 0))

    left = arguments.stop_after
    for message in consumer:
        event = json.loads(message.value)
        # An id is RECORD.NUMBER and only grows; what comes again after a crash has an id that was seen.
        place = [int(part) for part in event["id"].split(".")]
        if place > state["last"].get(event["source"], [0, 0]):
            handle(event)
            state["last"][event["source"]] = place
            left = None if left is None else left - 1
        state["offsets"][str(message.partition)] = message.offset + 1
        arguments.state.with_suffix(".new").write_text(json.dumps(state))
        arguments.state.with_suffix(".new").replace(arguments.state)
        if left == 0:
            return


def handle(event: dict) -> None:
    """What your system does with an event. `data` is the document that the API shows of it."""
    print(event["id"], event["type"], event["source"], event["subject"], event["data"]["parameters"])


if __name__ == "__main__":
    main()
