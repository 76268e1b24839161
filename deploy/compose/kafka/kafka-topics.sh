#!/bin/sh
# A stand-in for the program of this name in apache/kafka.
exec java -Xmx128m -cp "/opt/kafka/libs/*" org.apache.kafka.tools.TopicCommand "$@"
