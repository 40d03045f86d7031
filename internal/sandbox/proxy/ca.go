package proxy

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"
)

const (
	caFile     = "ca.pem"
	keyFile    = "ca-key.pem"
	bundleFile = "bundle.pem"

	lifetime = 365 * 24 * time.Hour
	// spare is the life that a kept CA must still have, so that no sandbox
	// outlives the certificates it hands out.
	spare = 30 * 24 * time.Hour
)

// CA is a certificate authority that exists only in one directory of one
// machine. It vouches for any host name it is asked about; programs that shall
// believe it are told so by an environment variable, never by the machine's
// trust store. It is safe for concurrent use.
type CA struct {
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey

	mu     sync.Mutex
	leaves map[string]*tls.Certificate
}

// NewCA opens the authority kept in dir, or makes one there: ca.pem, ca-key.pem
// and bundle.pem. One that cannot be used any more, because files are damaged or
// the certificate ends within a month, is replaced.
func NewCA(dir string) (*CA, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("proxy: CA directory: %w", err)
	}
	c := &CA{dir: dir, leaves: map[string]*tls.Certificate{}}
	if c.load() == nil {
		return c, nil
	}
	if err := c.create(); err != nil {
		return nil, fmt.Errorf("proxy: CA in %q: %w", dir, err)
	}
	return c, nil
}

// PEMFile returns the path of the CA's certificate, for curl --cacert and
// NODE_EXTRA_CA_CERTS, which add it to what a program trusts already.
func (c *CA) PEMFile() string { return filepath.Join(c.dir, caFile) }

// BundleFile returns the path of a trust store that holds this CA and nothing
// else, for SSL_CERT_FILE: who uses it can talk to the sandbox only.
func (c *CA) BundleFile() string { return filepath.Join(c.dir, bundleFile) }

// Pool returns the same trust store for Go clients in this process.
func (c *CA) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(c.cert)
	return pool
}

// Loopback returns the certificate of servers on this machine that are reached
// without the proxy: for localhost, 127.0.0.1 and ::1.
func (c *CA) Loopback() (*tls.Certificate, error) { return c.leaf("localhost") }

// leaf returns the certificate of one host, made when first asked for.
func (c *CA) leaf(host string) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if l, ok := c.leaves[host]; ok {
		return l, nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		Subject:     pkix.Name{Organization: []string{"Image Ferry sandbox"}},
		DNSNames:    []string{host}, // no common name: bucket hosts exceed its 64 bytes
		NotBefore:   c.cert.NotBefore,
		NotAfter:    c.cert.NotAfter,
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if host == "localhost" {
		template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, c.cert, key.Public(), c.key)
	if err != nil {
		return nil, fmt.Errorf("proxy: certificate for %q: %w", host, err)
	}
	l := &tls.Certificate{Certificate: [][]byte{der, c.cert.Raw}, PrivateKey: key}
	c.leaves[host] = l
	return l, nil
}

// load reads what create wrote; any error means that it is of no use.
func (c *CA) load() error {
	pair, err := tls.LoadX509KeyPair(c.PEMFile(), filepath.Join(c.dir, keyFile)) // checks that they belong together
	if err != nil {
		return err
	}
	cert, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		return err
	}
	key, ok := pair.PrivateKey.(*ecdsa.PrivateKey)
	if !ok || !cert.IsCA || time.Now().Add(spare).After(cert.NotAfter) {
		return errors.New("not a CA, or about to expire")
	}
	c.cert, c.key = cert, key
	bundle, err := os.ReadFile(c.BundleFile())
	if err != nil || !bytes.Equal(bundle, encode("CERTIFICATE", cert.Raw)) {
		return errors.New("bundle does not match")
	}
	return nil
}

func (c *CA) create() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	c.key = key
	if c.cert, err = selfSigned(key); err != nil {
		return err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	public := encode("CERTIFICATE", c.cert.Raw)
	return errors.Join(
		c.write(keyFile, encode("PRIVATE KEY", private), 0o600),
		c.write(caFile, public, 0o644),
		c.write(bundleFile, public, 0o644),
	)
}

func selfSigned(key crypto.Signer) (*x509.Certificate, error) {
	now := time.Now()
	template := &x509.Certificate{
		Subject:               pkix.Name{Organization: []string{"Image Ferry sandbox"}, CommonName: "Image Ferry sandbox CA, for this machine only"},
		NotBefore:             now.Add(-time.Hour), // containers and virtual machines may lag behind
		NotAfter:              now.Add(lifetime),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLenZero:        true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

// write replaces a file as a whole, so that a program that reads it at the same
// time sees the old or the new one.
func (c *CA) write(name string, data []byte, mode os.FileMode) error {
	path := filepath.Join(c.dir, name)
	if err := os.WriteFile(path+".new", data, mode); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

func encode(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}
