-- What wrk sends, and what it prints at the end: one line of JSON.
--   wrk -s load.lua URL -- get
--   wrk -s load.lua URL -- orders RUN           places orders, each with an Idempotency-Key of its own
--   wrk -s load.lua URL -- replays RUN KEYS     the same, with KEYS keys again and again
--   wrk -s load.lua URL -- payments RUN         asks for the payments of orders, each with its key
--   wrk -s load.lua URL -- storm RUN KEYS TIMES places KEYS orders, each TIMES times, in a random order; then ends
--   wrk -s load.lua URL -- checkouts FILE       checks out the carts that FILE names, one a line; then ends
local threads = 0

function setup(thread)
    threads = threads + 1
    thread:set("number", threads)
end

local function order(key, qty)
    wrk.headers["Idempotency-Key"] = '"' .. key .. '"'
    return wrk.format("POST", nil, nil, '{"branchId":1,"sauceId":1,"qty":' .. qty .. ',"price":10000}')
end

local function payment(id)
    wrk.headers["Idempotency-Key"] = "PAY-IDEMPOTENCY-" .. id
    return wrk.format("POST", nil, nil, '{"orderId":"' .. id .. '","amount":100000,"currency":"KRW"}')
end

-- Every key TIMES times, shuffled with a seed of its own: the same storm each time.
local function shuffled(keys, times)
    math.randomseed(42)
    local plan = {}
    for index = 0, keys * times - 1 do plan[index + 1] = index % keys end
    for index = #plan, 2, -1 do
        local other = math.random(index)
        plan[index], plan[other] = plan[other], plan[index]
    end
    return plan
end

-- Ends wrk now, as Ctrl-C does: it would sleep to the end of its time otherwise.
local function interrupt()
    local ffi = require("ffi")
    ffi.cdef("int kill(int pid, int signal); int getpid(void);")
    ffi.C.kill(ffi.C.getpid(), 2)
end

function init(args)
    local kind, run, keys = args[1], args[2], tonumber(args[3])
    if kind == "get" then return end
    local prefix = run .. "-" .. number .. "-"
    local count = 0
    wrk.headers["Content-Type"] = "application/json"
    if kind == "orders" then
        request = function()
            count = count + 1
            return order(prefix .. count, 10)
        end
    elseif kind == "replays" then
        request = function()
            count = count + 1
            return order(run .. "-" .. count % keys, 10)
        end
    elseif kind == "payments" then
        request = function()
            count = count + 1
            return payment(prefix .. count)
        end
    elseif kind == "checkouts" then
        local carts, answered = {}, 0
        for cart in io.lines(run) do carts[#carts + 1] = cart end
        request = function()
            count = count + 1
            -- The first request is made for wrk itself, and not sent.
            local cart = carts[math.max(1, count - 1)]
            if cart then return wrk.format("POST", "/carts/" .. cart .. "/checkout") end
            return wrk.format("GET", "/livez")
        end
        -- Connections that are free once all are under way wait for the end.
        delay = function() return count > #carts and 60000 or 0 end
        response = function(status)
            if status ~= 200 then answered = answered + 1 end
            if answered == #carts then interrupt() end
        end
    elseif kind == "storm" then
        local plan, answered = shuffled(keys, tonumber(args[4])), 0
        request = function()
            count = count + 1
            local key = plan[(count - 1) % #plan + 1]
            -- Another quantity for each key: an answer meant for another one would be seen.
            return order(run .. "-" .. key, key + 1)
        end
        response = function()
            answered = answered + 1
            if answered == #plan then interrupt() end
        end
    end
end

function done(summary, latency, requests)
    local errors = summary.errors
    io.write(string.format(
        '\nRESULT {"requests": %d, "seconds": %.6f, "p50": %.3f, "p99": %.3f, "refused": %d, "broken": %d}\n',
        summary.requests, summary.duration / 1e6,
        latency:percentile(50) / 1000, latency:percentile(99) / 1000,
        errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
