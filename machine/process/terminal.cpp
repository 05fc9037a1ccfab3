#include "machine/process/terminal.h"

#include <asm/termbits.h>

#include <span>

namespace quince::machine::process {

namespace {

// A field that has other bits on the host. Where `mask`s are several bits wide, each value has a row.
struct Field {
  u32 guest_mask, guest, host_mask, host;
};

constexpr Field bit(u32 guest, u32 host) { return {guest, guest, host, host}; }

constexpr Field input_fields[] = {bit(0x0200, IXON), bit(0x0400, IXOFF), bit(0x1000, IUCLC),
                                  bit(0x2000, IMAXBEL), bit(0x4000, IUTF8)};
constexpr u32 input_same = IGNBRK | BRKINT | IGNPAR | PARMRK | INPCK | ISTRIP | INLCR | IGNCR | ICRNL | IXANY;

constexpr Field output_fields[] = {bit(0x0002, ONLCR),
                                   bit(0x0004, OLCUC),
                                   {0x0300, 0x0100, NLDLY, NL1},
                                   {0x0c00, 0x0400, TABDLY, TAB1},
                                   {0x0c00, 0x0800, TABDLY, TAB2},
                                   {0x0c00, 0x0c00, TABDLY, TAB3},
                                   {0x3000, 0x1000, CRDLY, CR1},
                                   {0x3000, 0x2000, CRDLY, CR2},
                                   {0x3000, 0x3000, CRDLY, CR3},
                                   bit(0x4000, FF1),
                                   bit(0x8000, BS1),
                                   bit(0x1'0000, VT1)};
constexpr u32 output_same = OPOST | OCRNL | ONOCR | ONLRET | OFILL | OFDEL;

constexpr u32 guest_speeds = 0xff;
constexpr Field control_fields[] = {{0x0300, 0x0100, CSIZE, CS6},
                                    {0x0300, 0x0200, CSIZE, CS7},
                                    {0x0300, 0x0300, CSIZE, CS8},
                                    bit(0x0400, CSTOPB),
                                    bit(0x0800, CREAD),
                                    bit(0x1000, PARENB),
                                    bit(0x2000, PARODD),
                                    bit(0x4000, HUPCL),
                                    bit(0x8000, CLOCAL),
                                    {guest_speeds, 0x10, CBAUD, B57600},
                                    {guest_speeds, 0x11, CBAUD, B115200},
                                    {guest_speeds, 0x12, CBAUD, B230400},
                                    {guest_speeds, 0x13, CBAUD, B460800},
                                    {guest_speeds, 0x14, CBAUD, B500000},
                                    {guest_speeds, 0x15, CBAUD, B576000},
                                    {guest_speeds, 0x16, CBAUD, B921600},
                                    {guest_speeds, 0x17, CBAUD, B1000000},
                                    {guest_speeds, 0x18, CBAUD, B1152000},
                                    {guest_speeds, 0x19, CBAUD, B1500000},
                                    {guest_speeds, 0x1a, CBAUD, B2000000},
                                    {guest_speeds, 0x1b, CBAUD, B2500000},
                                    {guest_speeds, 0x1c, CBAUD, B3000000},
                                    {guest_speeds, 0x1d, CBAUD, B3500000},
                                    {guest_speeds, 0x1e, CBAUD, B4000000}};
constexpr u32 slow_speeds = 0x0f;  // up to 38400 baud, alike on both; and the flags of the two highest bits
constexpr u32 control_same = CMSPAR | CRTSCTS;

constexpr Field local_fields[] = {
    bit(0x0080, ISIG),      bit(0x0100, ICANON),      bit(0x4000, XCASE),   bit(0x0008, ECHO),
    bit(0x0002, ECHOE),     bit(0x0004, ECHOK),       bit(0x0010, ECHONL),  bit(0x8000'0000, NOFLSH),
    bit(0x40'0000, TOSTOP), bit(0x0040, ECHOCTL),     bit(0x0020, ECHOPRT), bit(0x0001, ECHOKE),
    bit(0x80'0000, FLUSHO), bit(0x2000'0000, PENDIN), bit(0x0400, IEXTEN),  bit(0x1000'0000, EXTPROC)};

// Index of each special character: guest, host.
constexpr std::pair<unsigned, unsigned> characters[] = {
    {0, VINTR},  {1, VQUIT},   {2, VERASE}, {3, VKILL},   {4, VEOF},     {5, VMIN},
    {6, VEOL},   {7, VTIME},   {8, VEOL2},  {9, VSWTC},   {10, VWERASE}, {11, VREPRINT},
    {12, VSUSP}, {13, VSTART}, {14, VSTOP}, {15, VLNEXT}, {16, VDISCARD}};

u32 to_host(u32 guest, std::span<const Field> fields, u32 same) {
  u32 host = guest & same;
  for (const auto& f : fields) host |= (guest & f.guest_mask) == f.guest ? f.host : 0;
  return host;
}

u32 to_guest(u32 host, std::span<const Field> fields, u32 same) {
  u32 guest = host & same;
  for (const auto& f : fields) guest |= (host & f.host_mask) == f.host ? f.guest : 0;
  return guest;
}

}  // namespace

GuestTermios to_guest(const HostTermios& host) {
  GuestTermios guest{};
  const u32 slow = (host.control & CBAUD) <= slow_speeds ? host.control & CBAUD : 0;
  guest.input = to_guest(host.input, input_fields, input_same);
  guest.output = to_guest(host.output, output_fields, output_same);
  guest.control = to_guest(host.control, control_fields, control_same) | slow;
  guest.local = to_guest(host.local, local_fields, 0);
  for (const auto& [g, h] : characters) guest.characters[g] = host.characters[h];
  guest.line = host.line;
  guest.input_speed = guest.output_speed = guest.control & guest_speeds;
  return guest;
}

HostTermios to_host(const GuestTermios& guest) {
  HostTermios host{};
  const u32 speed = guest.control & guest_speeds;
  host.input = to_host(guest.input, input_fields, input_same);
  host.output = to_host(guest.output, output_fields, output_same);
  host.control = to_host(guest.control, control_fields, control_same) | (speed <= slow_speeds ? speed : 0);
  host.local = to_host(guest.local, local_fields, 0);
  for (const auto& [g, h] : characters) host.characters[h] = guest.characters[g];
  host.line = guest.line;
  return host;
}

}  // namespace quince::machine::process
