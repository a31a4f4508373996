-- The clicks of the benchmark, for wrk: requests as pop and push networks send them, where zones,
-- banners, campaigns and click ids are numbers: 8 parameters with some 60 characters of values.
--
-- Every request is put together from three ready-made parts and two numbers of its own, so that
-- wrk is not the bottleneck while no two clicks share an external id or an address:
--
--   GET /bench-17?cost=...&source=...&external_id= | <id> | HTTP/1.1 ... X-Forwarded-For: | <ip> | ...
--
-- Arguments after `--`: the file of user agents, then the number of campaigns.
-- The user agents are drawn by their weights. Addresses are spread over the public IPv4 space.

local parts = 4096           -- ready-made beginnings and ends; a power of two
local beginnings, ends = {}, {}
local networks = {}          -- first two numbers of addresses, as "81.30."
local octets = {}            -- "0." .. "255."
local random, format = math.random, string.format
local serial = 0
local prefix, middle = "", " HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: "

-- Each thread has its own interpreter: a number of its own keeps their ids apart.
local threads = {}
function setup(thread)
  thread:set("number", #threads)
  threads[#threads + 1] = thread
end

local languages = { "en-US,en;q=0.9", "en-GB,en;q=0.8", "de-DE,de;q=0.9,en;q=0.7", "ru-RU,ru;q=0.9,en-US;q=0.8",
  "uk-UA,uk;q=0.9,ru;q=0.8", "pt-BR,pt;q=0.9", "es-ES,es;q=0.9", "fr-FR,fr;q=0.9", "pl-PL,pl;q=0.9", "tr-TR,tr;q=0.9" }
local referrers = { "https://www.google.com/", "https://news.example.org/2026/11/markets", "https://m.facebook.com/",
  "https://example.net/video/1834", "android-app://com.google.android.gm/" }
local keywords = { "loan", "vpn", "slots", "keto", "dating", "crypto+news", "car%20insurance", "free+games", "vpn+for+tv", "solar" }

local function read_agents(path)
  local agents, total = {}, 0
  for line in io.lines(path) do
    local weight, agent = line:match("^([%d%.e%-]+)\t[^\t]*\t[^\t]*\t[^\t]*\t(.+)$")
    if weight then
      total = total + tonumber(weight)
      agents[#agents + 1] = { upto = total, text = agent }
    end
  end
  return agents, total
end

local function draw(agents, total)
  local at = random() * total
  for _, agent in ipairs(agents) do
    if at <= agent.upto then return agent.text end
  end
  return agents[#agents].text
end

function init(arguments)
  math.randomseed(os.time() + number)
  local agents, total = read_agents(arguments[1])
  local campaigns = tonumber(arguments[2])
  for i = 1, parts do
    beginnings[i] = format(
      "GET /bench-%d?cost=0.%04d&source=%d&creative_id=%d&ad_campaign_id=%d&keyword=%s&sub_id_1=%s&sub_id_2=%d&external_id=",
      random(0, campaigns - 1), random(5, 900), random(4100000, 4105000), random(1100000, 1100400), random(7000000, 7000100),
      keywords[random(#keywords)], ({ "android", "ios", "desktop" })[random(3)], random(1, 9999))
    local referrer = random(3) == 1 and format("Referer: %s\r\n", referrers[random(#referrers)]) or ""
    ends[i] = format(
      "\r\nUser-Agent: %s\r\nAccept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\nAccept-Language: %s\r\nAccept-Encoding: gzip, deflate\r\n%sConnection: keep-alive\r\n\r\n",
      draw(agents, total), languages[random(#languages)], referrer)
    local first
    repeat first = random(1, 223) until first ~= 10 and first ~= 127 and first ~= 172 and first ~= 192
    networks[i] = format("%d.%d.", first, random(0, 255))
  end
  for i = 0, 255 do octets[i] = i .. "." end
  prefix = format("%d%08d", 7 + number % 2, os.time() % 100000000)
end

function request()
  serial = serial + 1
  return beginnings[random(parts)] .. prefix .. (10000000 + serial) .. middle
    .. networks[random(parts)] .. octets[random(0, 255)] .. random(1, 254) .. ends[random(parts)]
end

-- Visitors who come one after another, not as fast as they can.
local pause = tonumber(os.getenv("PAUSE_MS") or "0")
if pause > 0 then
  function delay() return random(0, 2 * pause) end
end

-- Looking at every answer costs wrk a third of its speed, so it is a pass of its own.
not_redirected = 0
if os.getenv("CHECK_ANSWERS") then
  function response(status)
    if status ~= 302 then not_redirected = not_redirected + 1 end
  end
end

function done(summary, latency)
  local errors, others = summary.errors, 0
  for _, thread in ipairs(threads) do others = others + thread:get("not_redirected") end
  print(format("RESULT requests=%d duration_us=%d p50_us=%d p90_us=%d p99_us=%d max_us=%d connect=%d read=%d write=%d status=%d timeout=%d not_redirected=%d",
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(90), latency:percentile(99), latency.max,
    errors.connect, errors.read, errors.write, errors.status, errors.timeout, others))
end
