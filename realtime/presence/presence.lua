-- Carries out a batch of operations (see store.py) atomically.
--
-- KEYS[1]: prefix of all keys. ARGV[1]: JSON list of operations. ARGV[2]: seconds of a lease. Returns a JSON list of results,
-- in which an empty list is written {}, as Lua has no empty lists.
--
--   <prefix>:leases            sorted set: process -> when its lease ends (unix seconds)
--   <prefix>:process:<id>      hash: connection -> JSON of its opening
--   <prefix>:rooms:<id>        set: the rooms of a connection
--   <prefix>:user:<id>         hash: process -> how many connections of this user it has
--   <prefix>:room:<topic>      hash: user present -> "<number of sockets>:<username>"; the topic of being online is empty
--   <prefix>:departures        sorted set: "<topic>\n<user>" -> when it may be told
--   <prefix>:frames:<id>      hash: connection of that process -> "<frames received>:<frames sent>"; expires after some leases
--   <prefix>:owed            hash: "<topic>\n<user>" -> JSON of who claimed the departure, and hasn't confirmed that it was told
--   <prefix>:owner             hash: connection -> process
--   <prefix>:filled            exists once a lease was taken; gone when the data was lost
--   <prefix>:refilling         exists for a while after that: the rest is being filled in, and is no news

local P = KEYS[1]
local LEASE = tonumber(ARGV[2])
local time = redis.call('TIME')
local NOW = tonumber(time[1]) + tonumber(time[2]) / 1000000
local REAPED_AT_ONCE = 100
local FRAMES_KEPT = math.ceil(LEASE * 10000)

local function room_key(topic) return P .. ':room:' .. topic end
local function rooms_key(connection) return P .. ':rooms:' .. connection end
local function user_key(user) return P .. ':user:' .. user end
local function process_key(process) return P .. ':process:' .. process end
local function frames_key(process) return P .. ':frames:' .. process end
local function departure(topic, user) return topic .. '\n' .. user end

-- How many sockets of a user are in a room, and the name; nil when the user isn't present.
local function presence(topic, user)
  local value = redis.call('HGET', room_key(topic), user)
  if not value then return nil end
  local count, name = string.match(value, '^(%d+):(.*)$')
  return tonumber(count), name
end

local function set_presence(topic, user, count, name)
  redis.call('HSET', room_key(topic), user, string.format('%d:%s', count, name))
end

-- One more socket of a user in a room; whether that makes the user present.
local function enter(topic, user, name)
  local count = presence(topic, user)
  set_presence(topic, user, (count or 0) + 1, name)
  if count == 0 then redis.call('ZREM', P .. ':departures', departure(topic, user)) end
  if count == nil then redis.call('HDEL', P .. ':owed', departure(topic, user)) end
  return count == nil
end

-- One socket less; whether it was the last. The user stays present until the departure is claimed, if there is a grace.
local function exit(topic, user, grace)
  local count, name = presence(topic, user)
  if count == nil or count == 0 then return false end
  if count > 1 then
    set_presence(topic, user, count - 1, name)
    return false
  end
  if grace then
    set_presence(topic, user, 0, name)
    redis.call('ZADD', P .. ':departures', NOW + grace, departure(topic, user))
  else
    redis.call('HDEL', room_key(topic), user)
  end
  return true
end

local function take_lease(process)
  redis.call('ZADD', P .. ':leases', NOW + LEASE, process)
end

local function insert(op)
  if not redis.call('ZSCORE', P .. ':leases', op.process) then take_lease(op.process) end
  redis.call('HSET', process_key(op.process), op.connection, cjson.encode(op))
  redis.call('HSET', P .. ':owner', op.connection, op.process)
  redis.call('HINCRBY', user_key(op.user_id), op.process, 1)
  return enter('', op.user_id, op.username)
end

local function remove(connection, grace)
  local process = redis.call('HGET', P .. ':owner', connection)
  if not process then return false end
  local stored = redis.call('HGET', process_key(process), connection)
  redis.call('HDEL', P .. ':owner', connection)
  redis.call('HDEL', process_key(process), connection)
  redis.call('HDEL', frames_key(process), connection)
  if not stored then return false end
  local user = cjson.decode(stored).user_id
  if redis.call('HINCRBY', user_key(user), process, -1) <= 0 then
    redis.call('HDEL', user_key(user), process)
  end
  local gone = false
  for _, topic in ipairs(redis.call('SMEMBERS', rooms_key(connection))) do
    gone = exit(topic, user, grace) or gone
  end
  redis.call('DEL', rooms_key(connection))
  return exit('', user, grace) or gone
end

local function counting(user)
  local total = 0
  local entries = redis.call('HGETALL', user_key(user))
  for i = 1, #entries, 2 do
    local ends = redis.call('ZSCORE', P .. ':leases', entries[i])
    if ends and tonumber(ends) > NOW then total = total + tonumber(entries[i + 1]) end
  end
  return total
end

-- The departures that a process has claimed and not confirmed: topic, user, debt.
local function debts_of(process)
  local entries, i = redis.call('HGETALL', P .. ':owed'), -1
  return function()
    while true do
      i = i + 2
      if not entries[i] then return nil end
      local debt = cjson.decode(entries[i + 1])
      if debt.process == process then
        local topic, user = string.match(entries[i], '^(.*)\n(.*)$')
        return topic, user, debt
      end
    end
  end
end

-- What a process that is gone has claimed and not confirmed is due again. Nobody has come back meanwhile: `enter` settles a debt.
local function give_back(process)
  for topic, user, debt in debts_of(process) do
    redis.call('HDEL', P .. ':owed', departure(topic, user))
    set_presence(topic, user, 0, debt.username)
    redis.call('ZADD', P .. ':departures', NOW, departure(topic, user))
  end
end

local OPERATIONS = {}

function OPERATIONS.renew(op)
  take_lease(op.process)
  redis.call('PEXPIRE', frames_key(op.process), FRAMES_KEPT)
  return redis.call('HLEN', process_key(op.process))
end

function OPERATIONS.note(op)
  for connection, frames in pairs(op.frames) do
    if redis.call('HEXISTS', process_key(op.process), connection) == 1 then
      redis.call('HSET', frames_key(op.process), connection, string.format('%d:%d', frames[1], frames[2]))
    end
  end
  redis.call('PEXPIRE', frames_key(op.process), FRAMES_KEPT)
  return true
end

function OPERATIONS.open(op)
  if op.limit > 0 and counting(op.user_id) >= op.limit then return 'full' end
  if redis.call('HEXISTS', process_key(op.process), op.connection) == 1 then return 'more' end
  return insert(op) and 'first' or 'more'
end

function OPERATIONS.join(op)
  if redis.call('HEXISTS', P .. ':owner', op.connection) == 0 then return false end
  if redis.call('SADD', rooms_key(op.connection), op.topic) == 0 then return false end
  return enter(op.topic, op.user_id, op.username)
end

OPERATIONS['assert'] = function(op)
  local opening, news = op.opening, {}
  if redis.call('HEXISTS', process_key(opening.process), opening.connection) == 0 then
    if insert(opening) then table.insert(news, '') end
  end
  for _, topic in ipairs(op.topics) do
    local joining = {
      connection = opening.connection, topic = topic, user_id = opening.user_id, username = opening.username
    }
    if OPERATIONS.join(joining) then table.insert(news, topic) end
  end
  if redis.call('EXISTS', P .. ':refilling') == 1 then return {} end
  return news
end

function OPERATIONS.close(op)
  local gone = false
  for _, connection in ipairs(op.connections) do gone = remove(connection, op.grace) or gone end
  return gone
end

function OPERATIONS.leave(op)
  if redis.call('SREM', rooms_key(op.connection), op.topic) == 0 then return false end
  return exit(op.topic, op.user_id, nil)
end

function OPERATIONS.depart(op)
  if presence(op.topic, op.user_id) then return false end
  if redis.call('HEXISTS', P .. ':owed', departure(op.topic, op.user_id)) == 1 then return false end
  set_presence(op.topic, op.user_id, 0, op.username)
  redis.call('ZADD', P .. ':departures', NOW, departure(op.topic, op.user_id))
  return true
end

function OPERATIONS.claim(op)
  local claimed = {}
  local due = redis.call('ZRANGEBYSCORE', P .. ':departures', '-inf', NOW, 'LIMIT', 0, 500)
  for _, member in ipairs(due) do
    local topic, user = string.match(member, '^(.*)\n(.*)$')
    local count, name = presence(topic, user)
    redis.call('ZREM', P .. ':departures', member)
    if count == 0 then
      redis.call('HDEL', room_key(topic), user)
      local debt = { process = op.process, username = name, claim = op.claim }
      redis.call('HSET', P .. ':owed', member, cjson.encode(debt))
      table.insert(claimed, { topic, user, name, op.claim })
    end
  end
  return claimed
end

function OPERATIONS.owed(op)
  local found = {}
  for topic, user, debt in debts_of(op.process) do
    table.insert(found, { topic, user, debt.username, debt.claim })
  end
  return found
end

function OPERATIONS.confirm(op)
  for _, departed in ipairs(op.departures) do
    local member = departure(departed[1], departed[2])
    local stored = redis.call('HGET', P .. ':owed', member)
    if stored and cjson.decode(stored).claim == departed[4] then redis.call('HDEL', P .. ':owed', member) end
  end
  return true
end

function OPERATIONS.reap()
  local dead = redis.call('ZRANGEBYSCORE', P .. ':leases', '-inf', NOW, 'LIMIT', 0, 1)[1]
  if not dead then return cjson.null end
  local removed = 0
  for _, connection in ipairs(redis.call('HKEYS', process_key(dead))) do
    if removed == REAPED_AT_ONCE then return 0 end
    remove(connection, 0)
    removed = removed + 1
  end
  redis.call('ZREM', P .. ':leases', dead)
  give_back(dead)
  return 1
end

function OPERATIONS.stored(op)
  local found = {}
  for _, connection in ipairs(redis.call('HKEYS', process_key(op.process))) do
    found[connection] = redis.call('SMEMBERS', rooms_key(connection))
  end
  return found
end

OPERATIONS['end'] = function(op)
  give_back(op.process)
  if redis.call('HLEN', process_key(op.process)) == 0 then
    redis.call('ZREM', P .. ':leases', op.process)
  end
  return true
end

if redis.call('SET', P .. ':filled', NOW, 'NX') then
  redis.call('SET', P .. ':refilling', '1', 'PX', math.ceil(LEASE * 1000))
end
local results = {}
for i, op in ipairs(cjson.decode(ARGV[1])) do results[i] = OPERATIONS[op.op](op) end
return cjson.encode(results)
