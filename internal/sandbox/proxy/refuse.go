package proxy

import (
	"fmt"
	"net"
	"net/http"
)

// refusedHeader names the refused host and port, for programs.
const refusedHeader = "X-Sandbox-Refused"

func refusal(target string) string {
	return fmt.Sprintf("The Image Ferry sandbox does not know %q on this port and refuses all hosts that it does not play.", target)
}

// refuseTunnel answers a CONNECT that leads nowhere and closes. The answer is
// written by hand for its reason phrase: it is all that Go and Node clients show of
// a refused CONNECT.
func refuseTunnel(conn net.Conn, target string) {
	defer conn.Close()
	body := refusal(target) + "\n"
	fmt.Fprintf(conn, "HTTP/1.1 %d Forbidden by the Image Ferry sandbox: %s\r\n", http.StatusForbidden, target)
	fmt.Fprintf(conn, "%s: %s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
		refusedHeader, target, len(body), body)
}
