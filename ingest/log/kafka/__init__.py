"""The log in one Kafka topic. Nothing outside this package knows Kafka."""
