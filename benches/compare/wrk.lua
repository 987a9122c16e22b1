-- Requests for every kind of work, and the result as one line of JSON behind the word RESULT.
-- The variables WORK and DEPTH name the work, and how many requests a connection writes at once.

local work = os.getenv("WORK") or "hello"
local depth = tonumber(os.getenv("DEPTH") or "1")

local function body_of_post()
  local items = {}
  for i = 1, 16 do
    items[i] = string.format('{"id":%d,"name":"item number %d","tags":["one","two","three"],"price":%d.5}', i, i, i)
  end
  return '{"items":[' .. table.concat(items, ",") .. "]}"
end

if work == "post" then
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
  wrk.body = body_of_post()
elseif work == "headers" then
  for i = 1, 10 do
    wrk.headers["X-Field-" .. i] = "value number " .. i
  end
end

-- A request function costs wrk a call each time, so there is one only where a write is not one request.
if depth > 1 then
  local all
  init = function()
    all = string.rep(wrk.format(), depth)
  end
  request = function()
    return all
  end
end

done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests":%d,"microseconds":%d,"p50_us":%d,"p99_us":%d,"errors":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
