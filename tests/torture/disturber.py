"""A gRPC proxy that misbehaves as no network should: it repeats, leaves out and swaps messages of feeds and frames, and cuts streams.

Followers must notice each of these (the position check) and end up with what is true. Usage: disturber.py LISTEN UPSTREAM CHANCE SEED
"""

import asyncio
import random
import sys

import grpc

import stubs

FEED, FRAMES = "/anju.feed.v1.FeedService/Follow", "/anju.aggregator.v1.AggregatorService/FollowFrames"
KEPT = ("grpc-status-details-bin",)


def may_be_disturbed(method, data):
    """Blocks, and steps from basis to basis: each says where it belongs. Parts of one snapshot do not, they come by one reliable stream."""
    if method == FEED:
        return bool(stubs.feed.FollowResponse.FromString(data).blocks)
    frame = stubs.aggregator.Frame.FromString(data)
    return not frame.snapshot


class Disturber(grpc.GenericRpcHandler):
    def __init__(self, upstream, chance, seed):
        options = [("grpc.initial_reconnect_backoff_ms", 20), ("grpc.min_reconnect_backoff_ms", 50), ("grpc.max_reconnect_backoff_ms", 50),
                   ("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
        self.channel = grpc.aio.insecure_channel(upstream, options=options)
        self.chance, self.random = chance, random.Random(seed)

    def service(self, details):
        async def forward(requests, context):
            call = self.channel.stream_stream(details.method)(requests, timeout=context.time_remaining() if context.time_remaining() else None)
            try:
                async for message in self.disturbed(details.method, call):
                    await context.write(message)
            except grpc.aio.AioRpcError:
                pass
            except asyncio.CancelledError:
                call.cancel()
                raise
            code, text = await call.code(), await call.details()
            if call.done() and code == grpc.StatusCode.OK:
                return
            trailing = await call.trailing_metadata() if call.done() else ()
            context.set_trailing_metadata(tuple((key, value) for key, value in trailing or () if key in KEPT))
            await context.abort(code, text or "")

        return grpc.stream_stream_rpc_method_handler(forward)

    async def disturbed(self, method, call):
        first = True
        async for data in call:
            chance = self.random.random() / self.chance if method in (FEED, FRAMES) and not first else 1
            first = False
            if chance >= 1 or not may_be_disturbed(method, data):
                yield data
            elif chance < 0.4:
                yield data
                yield data  # repeated
            elif chance < 0.7:
                continue  # left out
            elif chance < 0.9:
                late = data  # swapped with the next one
                async for data in call:
                    yield data
                    break
                yield late
            else:
                call.cancel()  # cut
                return


async def main():
    listen, upstream, chance, seed = sys.argv[1:]
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0), ("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)])
    server.add_generic_rpc_handlers((Disturber(upstream, float(chance), int(seed)),))
    server.add_insecure_port(listen)
    await server.start()
    print("listening", flush=True)
    await server.wait_for_termination()


asyncio.run(main())
