package queue

import (
	"encoding/json"

	"mandelfarm/job"
)

// orderScript begins the order of a lane, as scripts of Redis: each is one step that no other comes between, whoever
// takes it. All keys of a lane have its hash tag, which asynq's have too.
//
//	clients  sorted set: the clients that have something to be handed out, by their virtual time
//	left     sorted set: those that had, as long as their virtual time is ahead of the clock
//	queue    sorted set, all scores 0, in the order of bytes: what each client has, see below
//	entries  hash: of each job an entry in JSON
//	times    hash: the clock, and the virtual time of each priority of each client
//	given    hash: what each client has got in a span of time, in seconds
//
// A client's virtual time is what it has got: the client that is least far is the next, and one that comes anew begins
// where the clock is: at the virtual time of the client that was the last to get something, or half as far as all have come on average, if
// that is more, since ever new clients would keep the others waiting. Within the client it is the same
// between priorities, whose time runs the slower the more they weigh, and within a priority between the jobs that are begun.
//
// A member of queue is client, TAB, 0 and priority, TAB, virtual time, TAB, job if the job is begun, else client, TAB, 1 and priority, TAB,
// when it was accepted, TAB, job. So the begun ones of a priority, and those that wait, are one range each, in the order in which they come.
//
//nolint:dupword // Lua ends blocks so
const orderScript = `
local clients, left, queue, entries, times = KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local classes = {"a", "b", "c"}

local function text(n) return string.format("%.6f", n) end
local function class(client, p) return client .. "\t" .. p end
local function members(client, kind, p, most)
	local from = client .. "\t" .. kind .. p
	return redis.call("ZRANGEBYLEX", queue, "[" .. from .. "\t", "(" .. from .. "\n", "LIMIT", 0, most)
end
local function waits(client, p) return #members(client, "0", p, 1) + #members(client, "1", p, 1) > 0 end
local function time(client, p) return tonumber(redis.call("HGET", times, class(client, p)) or "0") end
local function begunAt(client, p)
	local first = members(client, "0", p, 1)[1]
	if not first then return 0 end
	return tonumber(string.match(string.sub(first, #client + 5), "^([^\t]*)"))
end
local function begunMember(e, id) return e.client .. "\t0" .. e.p .. "\t" .. string.format("%020.6f", e.at) .. "\t" .. id end

local function clock()
	return tonumber(redis.call("HGET", times, "clock") or redis.call("ZRANGE", clients, 0, 0, "WITHSCORES")[2] or "0")
end

local function put(id, e)
	if not waits(e.client, e.p) then
		local least
		for _, p in ipairs(classes) do
			if waits(e.client, p) and (not least or time(e.client, p) < least) then least = time(e.client, p) end
		end
		redis.call("HSET", times, class(e.client, e.p), text(math.max(time(e.client, e.p), least or 0)))
	end
	redis.call("ZADD", queue, 0, e.m)
	redis.call("HSET", entries, id, cjson.encode(e))
	if not redis.call("ZSCORE", clients, e.client) then
		local before = tonumber(redis.call("ZSCORE", left, e.client) or "0")
		redis.call("ZADD", clients, text(math.max(clock(), before)), e.client)
		redis.call("ZREM", left, e.client)
	end
end

local function drop(id, e)
	redis.call("ZREM", queue, e.m)
	redis.call("HDEL", entries, id)
	for _, p in ipairs(classes) do
		if waits(e.client, p) then return end
	end
	for _, p in ipairs(classes) do redis.call("HDEL", times, class(e.client, p)) end
	local at = redis.call("ZSCORE", clients, e.client)
	redis.call("ZREM", clients, e.client)
	redis.call("ZADD", left, at or 0, e.client)
end
`

// offerScript notes what there is to be handed out of a job, unless it is noted; then only the priority may be another. ARGV are the job,
// client, priority, when it was accepted, cost of one task, number of the first task and of the one after the last, task, and whether it is begun. It returns
// the number of the task that is next if the job was noted before, else -1.
//
//nolint:dupword // Lua ends blocks so
const offerScript = orderScript + `
local id, p, begun = ARGV[1], ARGV[3], ARGV[9] == "1"
local known = redis.call("HGET", entries, id)
if known then
	local e = cjson.decode(known)
	if e.p ~= p then
		redis.call("ZREM", queue, e.m)
		e.p, e.letter = p, ARGV[8]
		if e.at then e.m = begunMember(e, id) else e.m = e.client .. "\t1" .. p .. "\t" .. ARGV[4] .. "\t" .. id end
	end
	put(id, e)
	return e.next
end
local e = {client = ARGV[2], p = p, cost = tonumber(ARGV[5]), next = tonumber(ARGV[6]), last = tonumber(ARGV[7]), letter = ARGV[8]}
e.m = e.client .. "\t1" .. p .. "\t" .. ARGV[4] .. "\t" .. id
if begun then
	e.at = begunAt(e.client, p)
	e.m = begunMember(e, id)
end
put(id, e)
return -1`

// takeScript hands out the next task of a lane, if fewer than ARGV[1] are pending. ARGV[2] is how many jobs of a client and priority may be begun, and
// the others what each priority weighs, and for how many seconds it is kept what was given. It returns letter and number of the task, or nothing.
// Where keys do not fit together, because one was removed, what is left of it goes, and is offered anew by whoever reconciles.
//
//nolint:dupword // Lua ends blocks so
const takeScript = orderScript + `
if redis.call("LLEN", KEYS[1]) >= tonumber(ARGV[1]) then return false end
local head = redis.call("ZRANGE", clients, 0, 0, "WITHSCORES")
if #head == 0 then
	redis.call("DEL", queue, entries)
	return false
end
local client, now = head[1], tonumber(head[2])
local weights = {a = tonumber(ARGV[3]), b = tonumber(ARGV[4]), c = tonumber(ARGV[5])}

local best
for _, p in ipairs(classes) do
	if waits(client, p) and (not best or time(client, p) < time(client, best)) then best = p end
end
if not best then
	redis.call("ZREM", clients, client)
	return false
end
local seats = tonumber(ARGV[2])
local begun = members(client, "0", best, seats)
local m = begun[1]
if #begun < seats then m = members(client, "1", best, 1)[1] or m end

local id = string.match(m, "\t([^\t]*)$")
local known = redis.call("HGET", entries, id)
if not known then
	redis.call("ZREM", queue, m)
	return false
end
local e = cjson.decode(known)
local before, waiting = clock(), redis.call("ZCARD", clients)
local number = e.next
e.at = (e.at or begunAt(client, best)) + e.cost
e.next = number + 1
redis.call("ZADD", clients, text(now + e.cost), client)
redis.call("HSET", times, class(client, best), text(time(client, best) + e.cost / weights[best]))
if e.next >= e.last then
	drop(id, e)
else
	local old = e.m
	e.m = begunMember(e, id)
	put(id, e)
	if old ~= e.m then redis.call("ZREM", queue, old) end
end
local reached = text(math.max(now, before + e.cost / waiting / 2))
redis.call("HSET", times, "clock", reached)
redis.call("ZREMRANGEBYSCORE", left, "-inf", reached)
redis.call("HINCRBYFLOAT", KEYS[7], client, text(e.cost))
redis.call("EXPIRE", KEYS[7], ARGV[6])
return {e.letter, number}`

// retractScript drops what there is to be handed out of job ARGV[1].
const retractScript = orderScript + `
local known = redis.call("HGET", entries, ARGV[1])
if known then drop(ARGV[1], cjson.decode(known)) end
return 0`

// settleScript adds to what a client has got: ARGV are client, priority, seconds more, what the priority weighs, and for how many seconds it is kept.
const settleScript = orderScript + `
local client, p, more = ARGV[1], ARGV[2], tonumber(ARGV[3])
local at = redis.call("ZSCORE", clients, client)
if at then
	redis.call("ZADD", clients, text(tonumber(at) + more), client)
else
	redis.call("ZADD", left, text(tonumber(redis.call("ZSCORE", left, client) or clock()) + more), client)
end
if waits(client, p) then
	redis.call("HSET", times, class(client, p), text(time(client, p) + more / tonumber(ARGV[4])))
end
redis.call("HINCRBYFLOAT", KEYS[7], client, text(more))
redis.call("EXPIRE", KEYS[7], ARGV[5])
return 0`

// letter is a task as it waits for its turn, with what it is sent with: the request and the trace that it follows from.
type letter struct {
	Task    job.Task          `json:"task"`
	Headers map[string]string `json:"headers"`
}

func (l letter) String() string {
	text, _ := json.Marshal(l) //nolint:errchkjson // a task can always be written
	return string(text)
}
