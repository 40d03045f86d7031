package proxy

import (
	"maps"
	"sync"
)

// Count is what has come for one host.
type Count struct {
	Connections int64 // tunnels granted; plain requests to the proxy make none
	Requests    int64 // requests given to the host's handler
	Refused     int64 // tunnels and requests refused
}

// counts counts by host name. The zero value is ready to use.
type counts struct {
	mu    sync.Mutex
	hosts map[string]Count
}

func (c *counts) add(host string, n Count) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.hosts == nil {
		c.hosts = map[string]Count{}
	}
	old := c.hosts[host]
	c.hosts[host] = Count{old.Connections + n.Connections, old.Requests + n.Requests, old.Refused + n.Refused}
}

func (c *counts) snapshot() map[string]Count {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make(map[string]Count, len(c.hosts))
	maps.Copy(out, c.hosts)
	return out
}
