"""Activity streams: where changes come from besides a folder.

``memory`` is one within a process, ``redis`` one between machines. ``tests/test_streams.py``
holds each to ``protocols.ActivityStream``.

A stream in shards (Amazon Kinesis) fits the same protocol. Its id is shard and sequence number,
"oldest first" then holds within a shard, and a picture's activities meet in one shard if its uri
is the partition key. ``claim`` reads from shards on which this consumer has the lease, ``ack``
moves a shard's checkpoint up to the first activity that is still outstanding, and ``replay``
reads each shard from a sequence number, the oldest record first. So ids are opaque to callers:
they are handed back, never compared.
"""
