# The life of a virtual machine with Net::HTTP, as the authentication page shows it.
require "net/http"
require "json"

BASE = ENV.fetch("RAFF_API_URL")
DEADLINE = 60
CLASSES = {
  "GET" => Net::HTTP::Get, "POST" => Net::HTTP::Post, "PATCH" => Net::HTTP::Patch, "DELETE" => Net::HTTP::Delete
}.freeze
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

reserved = call("POST", "/api/v1/ips/reserve", body: { type: "IPv4" })[1]["data"]
vpc = call("POST", "/api/v1/vpcs", body: { name: "from-ruby", cidr: "10.77.3.0/24" }, expect: [201])[1]["data"]
call("POST", "/api/v1/vms/#{id}/vpc", body: { vpc_id: vpc["id"] })
outside = call("GET", "/api/v1/vms/#{id}/networks?type=public")[1]["data"].first
call("DELETE", "/api/v1/vms/#{id}/ip/#{outside["nic_id"]}")
call("POST", "/api/v1/vms/#{id}/ip", body: { ip_id: reserved["id"] })
ips = call("GET", "/api/v1/vms/#{id}/networks")[1]["data"].map { |nic| nic["ip"] }
unless ips.include?(reserved["ip_address"]) && ips.any? { |ip| ip.start_with?("10.77.3.") }
  raise "it has not the addresses that it was given: #{ips}"
end

puts "in a VPC, and reachable at #{reserved["ip_address"]}"

disk = { name: "from-ruby", size: 10, volume_type: "nvme", vm_id: id }
volume = call("POST", "/api/v1/volumes", body: disk, expect: [202])[1]["data"]["id"]
volume_is = lambda do |status|
  wait_until(status) { call("GET", "/api/v1/volumes/#{volume}")[1]["data"]["status"] == status }
end
volume_is.call("attached")
call("POST", "/api/v1/volumes/#{volume}/detach")
volume_is.call("available")
call("DELETE", "/api/v1/volumes/#{volume}")

moment = { name: "from-ruby", resource_type: "vm", resource_id: id }
snapshot = call("POST", "/api/v1/snapshots", body: moment, expect: [201])[1]["data"]["id"]
call("PATCH", "/api/v1/snapshots/#{snapshot}/rename", body: { name: "renamed" })
wait_for(id, "active")
taken = call("GET", "/api/v1/snapshots?vm_id=#{id}")[1]["data"]
puts "snapshots: #{taken.map { |one| one["name"] }.join(" ")}"

backup = call("POST", "/api/v1/backups", body: { vm_id: id, name: "from-ruby" }, expect: [202])[1]["data"]["id"]
wait_until("ready") { call("GET", "/api/v1/backups/#{backup}")[1]["data"]["status"] == "ready" }
call("DELETE", "/api/v1/backups/#{backup}")
wait_for(id, "active")

exceed_limit

call("DELETE", "/api/v1/vms/#{id}", body: {})
wait_until("gone") { call("GET", "/api/v1/vms/#{id}", expect: [200, 404])[0] == 404 }
call("DELETE", "/api/v1/ips/#{reserved["id"]}/reserve")
