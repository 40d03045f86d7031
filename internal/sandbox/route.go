package sandbox

import (
	"net/http"
	"strings"

	"github.com/imageferry/imageferry/internal/sandbox/cvm"
)

// route returns the handler that plays a host, with faults on the way and a
// note of every request.
func (s *Sandbox) route(host string) http.Handler {
	switch {
	case cvm.IsHost(host):
		return s.requests.note(s.Faults.Wrap(s.CVM))
	case isCOS(host):
		return s.requests.note(s.Faults.Wrap(s.COS))
	}
	if h := s.Inbox.Handler(host); h != nil {
		return s.requests.note(s.Faults.Wrap(h))
	}
	return nil
}

func isCOS(host string) bool {
	return host == "service.cos.myqcloud.com" ||
		(strings.HasSuffix(host, ".myqcloud.com") || strings.HasSuffix(host, ".tencentcos.cn")) &&
			(strings.HasPrefix(host, "cos.") || strings.Contains(host, ".cos."))
}
