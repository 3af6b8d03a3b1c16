-- What wrk sends, and what it prints at the end: one line of JSON.
--   wrk -s load.lua URL -- get
--   wrk -s load.lua URL -- orders RUN     places orders, each with an Idempotency-Key of its own
local threads = 0

function setup(thread)
    threads = threads + 1
    thread:set("number", threads)
end

function init(args)
    if args[1] ~= "orders" then return end
    local prefix = '"' .. args[2] .. "-" .. number .. "-"
    local count = 0
    wrk.method = "POST"
    wrk.body = '{"branchId":1,"sauceId":1,"qty":10,"price":10000}'
    wrk.headers["Content-Type"] = "application/json"
    request = function()
        count = count + 1
        wrk.headers["Idempotency-Key"] = prefix .. count .. '"'
        return wrk.format()
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
