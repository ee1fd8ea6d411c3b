# The life of a virtual machine with Net::HTTP, as the authentication page shows it.
require "net/http"
require "json"

BASE = ENV.fetch("RAFF_API_URL")
DEADLINE = 60
CLASSES = { "GET" => Net::HTTP::Get, "POST" => Net::HTTP::Post, "DELETE" => Net::HTTP::Delete }.freeze
REFUSED = Queue.new

# Sends a request, again after each 429 when the server said so.
def call(method, path, body: nil, expect: [200, 201])
  uri = URI(BASE + path)
  loop do
    req = CLASSES.fetch(method).new(uri)
    req["X-API-Key"] = ENV.fetch("RAFF_API_KEY")
    req["X-Project-ID"] = ENV.fetch("RAFF_PROJECT_ID")
    if body
      req["Content-Type"] = "application/json"
      req.body = JSON.generate(body)
    end
    resp = Net::HTTP.start(uri.hostname, uri.port, use_ssl: uri.scheme == "https") { |http| http.request(req) }
    if resp.code == "429"
      REFUSED << true
      sleep Integer(resp["Retry-After"])
      next
    end
    raise "#{method} #{path}: HTTP #{resp.code}: #{resp.body}" unless expect.include?(resp.code.to_i)

    return [resp.code.to_i, JSON.parse(resp.body)]
  end
end

def wait_until(what)
  finish = Process.clock_gettime(Process::CLOCK_MONOTONIC) + DEADLINE
  until yield
    raise "it did not become #{what} within #{DEADLINE} s" if Process.clock_gettime(Process::CLOCK_MONOTONIC) > finish

    sleep 0.1
  end
  puts "it is #{what}"
end

def wait_for(id, status)
  wait_until(status) { call("GET", "/api/v1/vms/#{id}")[1]["data"]["status"] == status }
end

def exceed_limit
  answered = 0
  while REFUSED.empty?
    raise "1,000 requests and never a 429" if answered >= 1000

    Array.new(100) { Thread.new { call("GET", "/api/v1/vms") } }.each(&:join)
    answered += 100
  end
  puts "answered #{answered} requests, #{REFUSED.size} of them after a 429"
end

machines = call("GET", "/api/v1/vms")[1]["data"]
puts "listed #{machines.size} machines"
machines.each { |vm| puts "  #{vm["id"]} #{vm["name"]} #{vm["status"]}" }

template = call("GET", "/api/v1/public/templates")[1]["data"].first
small, larger = call("GET", "/api/v1/public/pricing/vm")[1]["plans"]
request = {
  name: "from-ruby", template_id: template["id"], pricing_id: small["id"], region: "us-east", password: "ConFormance-20260"
}
id = call("POST", "/api/v1/vms", body: request, expect: [201])[1]["data"]["id"]
puts "created #{id}"
wait_for(id, "active")

call("POST", "/api/v1/vms/#{id}/stop")
wait_for(id, "passive")
call("POST", "/api/v1/vms/#{id}/resize", body: { pricing_id: larger["id"] })
resized = call("GET", "/api/v1/vms/#{id}")[1]["data"]
unless resized.values_at("pricing_id", "cpu") == larger.values_at("id", "vcpu")
  raise "the resize is not in the next answer: #{resized}"
end

puts "resized to plan #{larger["id"]}"
call("POST", "/api/v1/vms/#{id}/start")
wait_for(id, "active")

tags = call("POST", "/api/v1/vms/#{id}/tags", body: { name: "ruby" })[1]["tags"]
puts "tagged: #{tags.map { |tag| tag["name"] }.join(" ")}"

exceed_limit

call("DELETE", "/api/v1/vms/#{id}", body: {})
wait_until("gone") { call("GET", "/api/v1/vms/#{id}", expect: [200, 404])[0] == 404 }
