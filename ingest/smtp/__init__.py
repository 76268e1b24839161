"""The SMTP receiver: what a client says, byte for byte, becomes one record; 250 is said when the record is durable."""
