// The store by which processes find each other.
#include "collective.h"
#include "registry.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/scalar_tensor.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

namespace alignstream::collective {

namespace {

Registry<c10::intrusive_ptr<c10d::TCPStore>> servers;
Registry<c10::intrusive_ptr<c10d::PrefixStore>> clients;

/** A socket that listens at a free port of this address only: c10d's own would listen on every interface. */
int listen_at(const std::string& address) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int unknown = getaddrinfo(address.c_str(), nullptr, &hints, &found);
  TORCH_CHECK(unknown == 0, address, " is no address: ", gai_strerror(unknown));
  const int listening = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool bound = listening >= 0 && bind(listening, found->ai_addr, found->ai_addrlen) == 0 &&
      listen(listening, SOMAXCONN) == 0;
  const int error = errno;
  freeaddrinfo(found);
  if (!bound) {
    close(listening);
    TORCH_CHECK(false, "cannot listen at ", address, ": ", std::strerror(error));
  }
  return listening;
}

uint16_t port_of(int listening) {
  sockaddr_in6 name{}; // the port of an IPv4 socket lies in the same place
  socklen_t length = sizeof name;
  getsockname(listening, reinterpret_cast<sockaddr*>(&name), &length);
  return ntohs(name.sin6_port);
}

std::vector<uint8_t> bytes_of(const at::Tensor& bytes) {
  auto* begin = static_cast<const uint8_t*>(bytes.const_data_ptr());
  return {begin, begin + bytes.numel()};
}

} // namespace

std::string text(const at::Tensor& bytes) {
  return {static_cast<const char*>(bytes.const_data_ptr()), static_cast<size_t>(bytes.numel())};
}

at::Tensor serve(const at::Tensor& address) {
  const std::string host = text(address);
  const int listening = listen_at(host);
  c10d::TCPStoreOptions options;
  options.masterListenFd = listening;
  options.port = port_of(listening);
  options.isServer = true;
  options.useLibUV = false; // which would take no socket of ours
  options.waitWorkers = false;
  at::Tensor result = at::empty({2}, at::kLong);
  result[1] = options.port;
  result[0] = servers.add(c10::make_intrusive<c10d::TCPStore>(host, options));
  return result;
}

void stop_serving(int64_t server) {
  servers.remove(server);
}

at::Tensor connect(const at::Tensor& host, int64_t port, const at::Tensor& name, int64_t timeout) {
  c10d::TCPStoreOptions options;
  options.port = static_cast<uint16_t>(port);
  options.useLibUV = false;
  options.waitWorkers = false;
  options.timeout = std::chrono::milliseconds(timeout);
  auto store = c10::make_intrusive<c10d::TCPStore>(text(host), options);
  return at::scalar_tensor(clients.add(c10::make_intrusive<c10d::PrefixStore>(text(name), store)), at::kLong);
}

void disconnect(int64_t client) {
  clients.remove(client);
}

void set(int64_t client, const at::Tensor& key, const at::Tensor& value) {
  clients.get(client)->set(text(key), bytes_of(value));
}

at::Tensor get(int64_t client, const at::Tensor& key) {
  const auto value = clients.get(client)->get(text(key));
  at::Tensor bytes = at::empty({static_cast<int64_t>(value.size())}, at::kChar);
  std::memcpy(bytes.mutable_data_ptr(), value.data(), value.size());
  return bytes;
}

at::Tensor find(int64_t client, const at::Tensor& key) {
  return clients.get(client)->check({text(key)}) ? get(client, key) : at::empty({0}, at::kChar);
}

c10::intrusive_ptr<c10d::Store> store_of(int64_t client) {
  return clients.get(client);
}

} // namespace alignstream::collective
