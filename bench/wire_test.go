package main

import (
	"io"
	"net"
	"testing"
	"time"
)

// distantPair returns both ends of a connection whose server is a round trip away.
func distantPair(t *testing.T, roundTrip time.Duration) (server, client net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if client, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if server, err = (distant{l, roundTrip}).Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close(); client.Close() })
	return server, client
}

func TestWireIsLateAndNotSlow(t *testing.T) {
	t.Parallel()
	const roundTrip = 200 * time.Millisecond
	server, client := distantPair(t, roundTrip)
	begin := time.Now()
	for range 20 {
		if _, err := server.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := io.ReadFull(client, make([]byte, 20)); err != nil {
		t.Fatal(err)
	}
	// Were it slow, 20 writes would take 20 round trips.
	if took := time.Since(begin); took < roundTrip || took > 15*roundTrip {
		t.Errorf("20 writes arrived after %v, want %v and little more", took, roundTrip)
	}
}

func TestWireDeliversBeforeItCloses(t *testing.T) {
	t.Parallel()
	server, client := distantPair(t, 20*time.Millisecond)
	if _, err := server.Write([]byte("last words")); err != nil {
		t.Fatal(err)
	}
	server.SetWriteDeadline(time.Unix(1, 0)) // as TLS does when it closes
	server.Close()
	got, err := io.ReadAll(client)
	if err != nil || string(got) != "last words" {
		t.Errorf("read %q, %v", got, err)
	}
	if n, err := server.Write([]byte("more")); err == nil {
		t.Errorf("wrote %d bytes after the end", n)
	}
}

func TestWireCloseEndsReading(t *testing.T) {
	t.Parallel()
	server, _ := distantPair(t, time.Millisecond)
	done := make(chan error, 1)
	go func() {
		_, err := server.Read(make([]byte, 1))
		done <- err
	}()
	server.Close()
	select {
	case err := <-done:
		if err == nil {
			t.Error("read a byte that nobody sent")
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the reader still waits")
	}
}
