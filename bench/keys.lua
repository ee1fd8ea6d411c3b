-- Sends GET /api/v1/vms with one key after the other, so that no key meets its limit.
local requests = {}
local position = 0

function init(args)
  for key in io.lines(os.getenv("BENCH_KEYS")) do
    requests[#requests + 1] = wrk.format("GET", "/api/v1/vms", { ["X-API-Key"] = key })
  end
end

function request()
  position = position % #requests + 1
  return requests[position]
end
