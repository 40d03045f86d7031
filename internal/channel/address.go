package channel

import "net/netip"

// inner are the IPv4 networks that are not the public internet (RFC 6890 and the
// IANA registry of special-purpose addresses), the metadata services of clouds
// included: 169.254.0.23 of Tencent Cloud, 100.100.100.200 of Alibaba Cloud.
var inner = prefixes(
	"0.0.0.0/8",       // this network
	"10.0.0.0/8",      // private
	"100.64.0.0/10",   // behind a carrier's NAT
	"127.0.0.0/8",     // loopback
	"169.254.0.0/16",  // link-local
	"172.16.0.0/12",   // private
	"192.0.0.0/24",    // protocol assignments
	"192.0.2.0/24",    // documentation
	"192.88.99.0/24",  // 6to4 relays
	"192.168.0.0/16",  // private
	"198.18.0.0/15",   // benchmarks
	"198.51.100.0/24", // documentation
	"203.0.113.0/24",  // documentation
	"224.0.0.0/4",     // multicast
	"240.0.0.0/4",     // reserved, and broadcast
)

// Of IPv6 only global unicast is public, and of it not these. Whatever carries an
// IPv4 address inside lies outside of global unicast (mapped, compatible, NAT64)
// or in these (Teredo, 6to4), and is refused whichever address it carries.
var (
	global6 = netip.MustParsePrefix("2000::/3")
	inner6  = prefixes(
		"2001::/23",     // protocol assignments: Teredo 2001::/32, benchmarks, ORCHID
		"2001:db8::/32", // documentation
		"2002::/16",     // 6to4
		"3fff::/20",     // documentation
	)
)

func prefixes(texts ...string) (list []netip.Prefix) {
	for _, s := range texts {
		list = append(list, netip.MustParsePrefix(s))
	}
	return list
}

// public reports whether an address is one of the public internet. An address
// with a zone is not.
func public(a netip.Addr) bool {
	networks := inner
	if !a.Is4() {
		if networks = inner6; a.Zone() != "" || !global6.Contains(a) {
			return false
		}
	}
	for _, p := range networks {
		if p.Contains(a) {
			return false
		}
	}
	return a.IsValid()
}
