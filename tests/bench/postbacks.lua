-- Postbacks for the benchmark, for wrk: each for another of the stored clicks, in no order.
--
-- Arguments after `--`: a file of click ids, one a line, shuffled; the path of the postback URL.

local ids, at, path = {}, 0, ""
local statuses = { "lead", "sale", "sale", "rejected" }

local threads = {}
function setup(thread)
  threads[#threads + 1] = thread
end

function init(arguments)
  for id in io.lines(arguments[1]) do ids[#ids + 1] = id end
  path = arguments[2]
  -- Each run goes on elsewhere in the file.
  at = math.floor((os.time() * 7919) % #ids)
end

function request()
  at = at % #ids + 1
  return string.format(
    "GET %s?click_id=%s&payout=%d.%02d&status=%s&tid=t%d&currency=USD&zone=a%d HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    path, ids[at], at % 90, at % 100, statuses[at % 4 + 1], at, at % 500)
end

-- Networks that call one after another, not as fast as they can.
local pause = tonumber(os.getenv("PAUSE_MS") or "0")
if pause > 0 then
  function delay() return math.random(0, 2 * pause) end
end

refused = 0
function response(status, headers, body)
  if status ~= 200 or body ~= "Success" then refused = refused + 1 end
end

function done(summary, latency)
  local errors, others = summary.errors, 0
  for _, thread in ipairs(threads) do others = others + thread:get("refused") end
  print(string.format("RESULT requests=%d duration_us=%d p50_us=%d p90_us=%d p99_us=%d max_us=%d connect=%d read=%d write=%d status=%d timeout=%d refused=%d",
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(90), latency:percentile(99), latency.max,
    errors.connect, errors.read, errors.write, errors.status, errors.timeout, others))
end
