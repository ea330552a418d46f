#!/usr/bin/env escript
%% Erlang processes and messages; requests as gen_server:call makes them. See ../README.md for the workloads.
%%
%% peer.escript CASE WORKERS prints one JSON line. The driver starts it with ERL_FLAGS="+S WORKERS:WORKERS"; the line says how many schedulers ran.
-mode(compile).

-define(WORDS, 8).
-define(WINDOW, 1000).
-define(ENOUGH, 300000000).

payload(Number) ->
    <<Number:64/native, (Number + 1):64/native, (Number + 2):64/native, (Number + 3):64/native,
      (Number + 4):64/native, (Number + 5):64/native, (Number + 6):64/native, (Number + 7):64/native>>.

%% All words of a payload.
read(<<A:64/native, B:64/native, C:64/native, D:64/native, E:64/native, F:64/native, G:64/native, H:64/native>>) ->
    A + B + C + D + E + F + G + H.

%% Each workload gives {messages taken, all their words}.
workload("route", N) -> route(0, N, 0);
workload("send-drain", N) ->
    Drain = spawn_reporter(fun() -> drain(0, N, 0) end),
    spawn_reporter(fun() -> send_all(Drain, 0, N) end),
    report_of(Drain);
workload("ping-pong", N) ->
    Pong = spawn_reporter(fun() -> pong(1, N, {0, 0}) end),
    Ping = spawn_reporter(fun() -> ping(Pong, 0, N, {0, 0}) end),
    add(report_of(Ping), report_of(Pong));
workload("request", N) ->
    Server = spawn_reporter(fun() -> server({0, 0}) end),
    Client = spawn_reporter(fun() -> client(Server, 0, N, {0, 0}) end),
    Asked = report_of(Client),
    Server ! stop,
    add(Asked, report_of(Server)).

%% A process on its own, whose value comes back as a report: what is measured never runs in the script's own process.
spawn_reporter(Function) ->
    Parent = self(),
    spawn_opt(fun() -> Parent ! {report, self(), Function()} end, [{min_heap_size, 4096}]).

report_of(Pid) -> receive {report, Pid, Value} -> Value end.

together(Function) -> report_of(spawn_reporter(Function)).

add({M, S}, {N, T}) -> {M + N, S + T}.

route(N, N, Sum) -> {N, Sum};
route(I, N, Sum) ->
    self() ! {message, payload(I)},
    receive {message, Payload} -> route(I + 1, N, Sum + read(Payload)) end.

%% After each window the receiver says that it has taken all of it.
send_all(_, N, N) -> ok;
send_all(Drain, I, N) ->
    Drain ! {message, self(), payload(I)},
    case (I + 1) rem ?WINDOW of
        0 when I + 1 < N -> receive {go_on, _} -> ok end;
        _ -> ok
    end,
    send_all(Drain, I + 1, N).

drain(N, N, Sum) -> {N, Sum};
drain(I, N, Sum) ->
    receive {message, Sender, Payload} ->
        case (I + 1) rem ?WINDOW of
            0 when I + 1 < N -> Sender ! {go_on, payload(0)};
            _ -> ok
        end,
        drain(I + 1, N, Sum + read(Payload))
    end.

%% The ball carries the number of the hit: ping sends the even ones, pong the odd ones.
ping(_, I, N, Taken) when I >= N -> Taken;
ping(Pong, I, N, {Messages, Sum}) ->
    Pong ! {self(), payload(I)},
    receive {Pong, Payload} -> ping(Pong, I + 2, N, {Messages + 1, Sum + read(Payload)}) end.

pong(I, N, Taken) when I >= N -> Taken;
pong(I, N, {Messages, Sum}) ->
    receive {Ping, Payload} ->
        Ping ! {self(), payload(I)},
        pong(I + 2, N, {Messages + 1, Sum + read(Payload)})
    end.

server({Messages, Sum} = Taken) ->
    receive
        {call, {Client, Alias}, Payload} ->
            Client ! {Alias, Payload},
            server({Messages + 1, Sum + read(Payload)});
        stop -> Taken
    end.

%% As gen:call does: a monitor, so that a server that is gone ends the request, and a timeout.
client(_, N, N, Taken) -> Taken;
client(Server, I, N, {Messages, Sum}) ->
    Monitor = erlang:monitor(process, Server),
    Server ! {call, {self(), Monitor}, payload(I)},
    receive
        {Monitor, Payload} ->
            erlang:demonitor(Monitor, [flush]),
            client(Server, I + 1, N, {Messages + 1, Sum + read(Payload)});
        {'DOWN', Monitor, process, Server, Reason} -> exit(Reason)
    after 30000 -> exit(timeout)
    end.

run(Case, N) ->
    Began = erlang:monotonic_time(nanosecond),
    Taken = together(fun() -> workload(Case, N) end),
    Took = erlang:monotonic_time(nanosecond) - Began,
    Each = case Case of "request" -> 2; _ -> 1 end,
    Expected = {N * Each, (N * (N - 1) div 2 * ?WORDS + N * ?WORDS * (?WORDS - 1) div 2) * Each},
    Taken =:= Expected orelse begin io:put_chars(standard_error, "peer.escript: messages are missing\n"), halt(70) end,
    Took.

enough(Case, N) ->
    case run(Case, N) of
        Took when Took >= ?ENOUGH -> {N, Took};
        _ -> enough(Case, 2 * N)
    end.

main([Case, _Workers]) when Case =:= "route"; Case =:= "send-drain"; Case =:= "ping-pong"; Case =:= "request" ->
    {N, Took} = enough(Case, 1000),
    Ns = Took / N,
    io:format("{\"case\":\"~s\",\"peer\":\"erlang\",\"n\":~b,\"workers\":~b,\"payload\":~b,\"ns_per_op\":~.1f,\"ops_per_s\":~b}~n",
              [Case, N, erlang:system_info(schedulers_online), ?WORDS * 8, Ns, round(1.0e9 / Ns)]);
main(_) ->
    io:put_chars(standard_error, "usage: peer.escript route|send-drain|ping-pong|request 1|2\n"),
    halt(64).
