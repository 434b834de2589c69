package lab

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// fakeArchives has kernels without any network.
type fakeArchives struct {
	mu       sync.Mutex
	updated  time.Time
	newest   string            // after an update: next
	next     string            // what the mirror has since
	versions map[string]string // of packages
	offline  error
	updates  int
	loads    []string
}

func (f *fakeArchives) Updated() time.Time { return f.updated }

func (f *fakeArchives) Update(context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.updates++
	if f.offline == nil && f.next != "" {
		f.newest = f.next
	}
	return f.offline
}

func (f *fakeArchives) Newest(context.Context) (string, error) {
	if f.newest == "" {
		return "", errors.New("no lists")
	}
	return f.newest, nil
}

func (f *fakeArchives) Version(_ context.Context, pkg string) (string, error) {
	if v, ok := f.versions[pkg]; ok {
		return v, nil
	}
	return "", errors.New("unknown " + pkg)
}

func (f *fakeArchives) Download(_ context.Context, pkg, version, dir string) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.offline != nil {
		return "", f.offline
	}
	f.loads = append(f.loads, pkg+"="+version)
	file := filepath.Join(dir, pkg+".deb")
	return file, os.WriteFile(file, []byte(pkg+" "+version), 0o644)
}

func (f *fakeArchives) About(_ context.Context, file string) (pkg, version string, err error) {
	text, err := os.ReadFile(file)
	pkg, version, _ = strings.Cut(string(text), " ")
	return pkg, version, err
}

func (f *fakeArchives) Unpack(_ context.Context, file, dir string) error {
	text, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "vmlinuz"), text, 0o644)
	}
	return errors.Join(err, seal(dir, []string{"vmlinuz"}))
}

const (
	kernel9  = "linux-image-6.1.0-9-amd64"
	kernel10 = "linux-image-6.1.0-10-amd64"
	kernel11 = "linux-image-6.1.0-11-amd64"
)

// shop is a store with a clock that stands, and what it said.
type shop struct {
	store
	fake *fakeArchives
	time time.Time
	said []string
}

func newShop(t *testing.T) *shop {
	s := &shop{time: time.Unix(1e9, 0), fake: &fakeArchives{
		newest:   kernel10,
		versions: map[string]string{kernel9: "6.1.9-1", kernel10: "6.1.10-1", kernel11: "6.1.11-1"},
	}}
	s.fake.updated = s.time.Add(-time.Hour)
	s.store = store{filepath.Join(t.TempDir(), "cache"), s.fake, func() time.Time { return s.time }, func(why string) { s.said = append(s.said, why) }}
	return s
}

// gets is what a fetch returns, and what it says ("": nothing).
func (s *shop) gets(t *testing.T, choice, want, says string) Kernel {
	t.Helper()
	s.said = nil
	k, err := s.fetch(t.Context(), choice)
	if err != nil {
		t.Fatalf("%q: %v", choice, err)
	}
	if k.Package != want || !k.complete() {
		t.Errorf("%q: got %v in %s, want %s", choice, k, k.Dir, want)
	}
	if said := strings.Join(s.said, "\n"); says == "" && said != "" || !strings.Contains(said, says) {
		t.Errorf("%q: said %q, want %q", choice, said, says)
	}
	return k
}

func TestNewestIsLookedForEachTime(t *testing.T) {
	s := newShop(t)
	k := s.gets(t, "", kernel10, "")
	if k.Version != "6.1.10-1" || k.String() != kernel10+" 6.1.10-1" || filepath.Base(k.Dir) != kernel10+"_6.1.10-1_"+layout {
		t.Errorf("%v in %s", k, k.Dir)
	}
	s.gets(t, "", kernel10, "")
	if s.fake.updates != 0 || len(s.fake.loads) != 1 {
		t.Errorf("fresh lists: %d updates, downloads %q", s.fake.updates, s.fake.loads)
	}
	// A day later the lists are old, and the mirror has one more.
	s.time, s.fake.next = s.time.Add(24*time.Hour), kernel11
	s.gets(t, "", kernel11, "kept in")
	s.gets(t, "", kernel11, "kept in")
	if s.fake.updates != 1 {
		t.Errorf("old lists were fetched %d times, want once", s.fake.updates)
	}
	// The same package in a new version is another kernel.
	s.fake.versions[kernel11] = "6.1.11-2"
	if k := s.gets(t, "", kernel11, "kept in"); k.Version != "6.1.11-2" {
		t.Errorf("got %v", k)
	}
}

func TestListsAreFetchedWhereTheyKnowNothing(t *testing.T) {
	s := newShop(t)
	s.fake.newest, s.fake.next = "", kernel11
	s.gets(t, "", kernel11, "")
	if s.fake.updates != 1 {
		t.Errorf("%d updates", s.fake.updates)
	}
}

func TestWithoutNetwork(t *testing.T) {
	s := newShop(t)
	s.fake.offline = errors.New("refused")
	s.fake.updated = time.Time{}
	if _, err := s.fetch(t.Context(), ""); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("nothing is here, and the error is %v", err)
	}
	if s.fetch(t.Context(), ""); s.fake.updates != 1 {
		t.Errorf("tried %d times within an hour, want once", s.fake.updates)
	}
	s.fake.offline, s.time = nil, s.time.Add(2*time.Hour)
	s.gets(t, "", kernel10, "")
	s.gets(t, kernel9, kernel9, "kept in")

	s.fake.offline, s.time = errors.New("refused"), s.time.Add(48*time.Hour)
	s.fake.newest = kernel9 // lists of yesteryear
	s.gets(t, "", kernel10, "there may be a newer kernel than "+kernel10+" 6.1.10-1: apt-get update: refused")
	s.fake.newest = kernel11 // known, but not here
	s.gets(t, "", kernel10, "there may be a newer kernel")
	if _, err := s.fetch(t.Context(), kernel11); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("the kernel that was named is not here, and the error is %v", err)
	}
}

func TestNamedKernel(t *testing.T) {
	s := newShop(t)
	s.gets(t, kernel9, kernel9, "")
	s.fake.versions[kernel9] = "6.1.9-2"
	if k := s.gets(t, kernel9, kernel9, ""); k.Version != "6.1.9-1" {
		t.Errorf("what is here is %v", k)
	}
	if k := s.gets(t, kernel9+"=6.1.9-2", kernel9, "kept in"); k.Version != "6.1.9-2" {
		t.Errorf("a version that was named: %v", k)
	}
	if k := s.gets(t, kernel9, kernel9, "kept in"); k.Version != "6.1.9-2" {
		t.Errorf("of two, %v", k)
	}
	file := filepath.Join(t.TempDir(), "any.deb")
	os.WriteFile(file, []byte(kernel11+" 1:6.1.11-7"), 0o644)
	if k := s.gets(t, file, kernel11, "kept in"); k.Version != "1:6.1.11-7" || !slices.Contains(s.cached(), k) {
		t.Errorf("from a file: %v, %v", k, s.cached())
	}
	for choice, want := range map[string]string{
		"bash": "neither a package", "/no/such.deb": "no such file", "linux-image-none": "unknown",
	} {
		if _, err := s.fetch(t.Context(), choice); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", choice, err, want)
		}
	}
	// What was named stays, however long nobody uses it.
	s.time = s.time.Add(100 * 24 * time.Hour)
	s.fake.updated = s.time
	s.gets(t, "", kernel10, kernel9+" 6.1.9-1 (named once)")
}

func TestOldKernelsAreRemoved(t *testing.T) {
	s := newShop(t)
	old := s.gets(t, "", kernel10, "")
	cut := filepath.Join(s.dir, kernelDir(kernel9, "6.1.9-1"))
	other := filepath.Join(s.dir, "linux-image-6.1.0-1-amd64-1") // of another layout
	temp := filepath.Join(s.dir, unpacking+"x")
	for _, dir := range []string{cut, other, temp} {
		os.Mkdir(dir, 0o755)
		os.Chtimes(dir, s.time, s.time)
	}
	os.WriteFile(filepath.Join(other, contents), nil, 0o644)
	os.Chtimes(filepath.Join(other, contents), s.time, s.time)
	exists := func(dir string) bool { _, err := os.Stat(dir); return err == nil }
	s.fake.newest = kernel11
	s.gets(t, "", kernel11, kernelDir(kernel10, "6.1.10-1"))
	if exists(cut) || !exists(other) || !exists(temp) || !exists(old.Dir) {
		t.Errorf("at once: cut off %t, other layout %t, being unpacked %t, used today %t", exists(cut), exists(other), exists(temp), exists(old.Dir))
	}
	s.time = s.time.Add(8 * 24 * time.Hour)
	s.gets(t, "", kernel11, "")
	if exists(other) || exists(temp) || exists(old.Dir) {
		t.Errorf("a week later: other layout %t, being unpacked %t, not used %t", exists(other), exists(temp), exists(old.Dir))
	}
}

// Of many at once one fetches, and all get it whole.
func TestManyFetchAtOnce(t *testing.T) {
	s := newShop(t)
	s.fake.updated = time.Time{}
	s.store.say = func(why string) { t.Error(why) }
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if k, err := s.fetch(t.Context(), ""); err != nil || !k.complete() {
				t.Errorf("%v, %v", k, err)
			}
		})
	}
	all.Wait()
	if s.fake.updates != 1 || len(s.fake.loads) != 1 {
		t.Errorf("%d updates, downloads %q, want one of each", s.fake.updates, s.fake.loads)
	}
	unlock, err := lock(t.Context(), filepath.Join(s.dir, "lock"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.fetch(ctx, ""); !errors.Is(err, context.Canceled) {
		t.Errorf("another process has the lock for ever: %v", err)
	}
	unlock()
}

func TestVersions(t *testing.T) {
	sorted := []string{
		"5.10.0-30", "6.1.0~rc1-1", "6.1.0-9", "6.1.0-10", "6.1.9-1", "6.1.10", "6.1.10-1~bpo1", "6.1.10-1", "6.1.10-1+b1", "6.1.10-2",
		"6.1.10a-1", "6.1.10+x-1", "6.12.1-1", "1:0.1-1",
	}
	dpkg, _ := exec.LookPath("dpkg")
	for i, a := range sorted {
		for j, b := range sorted {
			want := map[bool]int{true: 1}[i > j]
			if i < j {
				want = -1
			}
			if got := compareVersions(a, b); got != want {
				t.Errorf("%s to %s: %d, want %d", a, b, got, want)
			}
		}
		if i > 0 && dpkg != "" && exec.Command(dpkg, "--compare-versions", sorted[i-1], "lt", a).Run() != nil {
			t.Errorf("dpkg does not think that %s is less than %s", sorted[i-1], a)
		}
	}
	if compareVersions("6.01-1", "6.1-1") != 0 {
		t.Error("leading zeros count")
	}
}
