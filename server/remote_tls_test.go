package server_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// certify writes a certificate for the name desk.example and 127.0.0.1, that signs itself.
func certify(t *testing.T, folder string, serial int64) (cert, key string, parsed *x509.Certificate) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{
		SerialNumber: big.NewInt(serial), DNSNames: []string{"desk.example"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, form, form, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if parsed, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return cert, key, parsed
}

func TestRemoteTLS(t *testing.T) {
	folder := t.TempDir()
	cert, key, first := certify(t, folder, 1)
	r := newRemote(t, cert, key)
	transport := r.http.Transport.(*http.Transport)
	transport.DisableKeepAlives = true
	transport.TLSClientConfig.RootCAs.AddCert(first)

	serial := func() int64 {
		t.Helper()
		a, text := r.do(r.request("GET", "/v1/devices", ""))
		if a.StatusCode != 200 || a.TLS == nil || a.ProtoMajor != 1 {
			t.Fatal(a, text)
		}
		return a.TLS.PeerCertificates[0].SerialNumber.Int64()
	}
	if n := serial(); n != 1 {
		t.Errorf("certificate %d", n)
	}
	for header, values := range map[string]map[string]int{
		"Host":          {"desk.example": 200, "DESK.example:1": 200, "other.example": 421},
		"Origin":        {r.base: 200, "http" + r.base[len("https"):]: 403},
		"Authorization": {"Bearer nonsense": 401},
	} {
		for value, want := range values {
			if code, text := r.get(header, value); code != want {
				t.Errorf("%s: %s gets %d %s, want %d", header, value, code, text, want)
			}
		}
	}
	old := &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: transport.TLSClientConfig.RootCAs, MaxVersion: tls.VersionTLS11}}
	if _, err := old.RoundTrip(r.request("GET", "/v1/devices", "")); err == nil {
		t.Error("TLS 1.1 is spoken")
	}
	plain := r.request("GET", "/v1/devices", "")
	plain.URL.Scheme = "http"
	if a, err := new(http.Transport).RoundTrip(plain); err == nil {
		a.Body.Close()
		if a.StatusCode != 400 {
			t.Errorf("plain HTTP gets %d", a.StatusCode)
		}
	}

	_, _, second := certify(t, folder, 2)
	transport.TLSClientConfig.RootCAs.AddCert(second)
	if n := serial(); n != 2 {
		t.Errorf("certificate %d after another was written", n)
	}
	if err := os.WriteFile(cert, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if n := serial(); n != 2 {
		t.Errorf("certificate %d after half of one was written", n)
	}
	if changed, stays := r.log.with("the certificate has changed"), r.log.with("the old certificate stays"); len(changed) != 1 || len(stays) != 1 {
		t.Errorf("%v %v", changed, stays)
	}
}
