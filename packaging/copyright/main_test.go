package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParagraph(t *testing.T) {
	const mit = "MIT License\n\nCopyright (c) 2020 A. Author\nCopyright 2021, B. Author. All rights reserved.\n\n" +
		"Permission is hereby granted, free of charge, to any person obtaining\na copy of this software.\n"
	const apache = "   Apache License\n   Version 2.0, January 2004\n\n   Copyright [yyyy] [name of copyright owner]\n"
	for name, c := range map[string]struct {
		files  map[string]string
		common string
		want   []string
		not    string
	}{
		"MIT": {map[string]string{"LICENSE": mit}, "",
			[]string{"Files: x/y/*\nCopyright: 2020 A. Author\n  2021, B. Author\nLicense: MIT\n MIT License\n .\n Copyright (c) 2020", "Comment:\n Version 1\n"}, ""},
		"Apache, in full": {map[string]string{"LICENSE.txt": apache}, "", []string{"Copyright: the authors of x/y\n", "License: Apache-2.0\n", "January 2004"}, "full text"},
		"Apache, elsewhere, with a notice": {map[string]string{"LICENSE": apache, "NOTICE": "Y\nCopyright 2014 The Y Authors\n"}, "/common",
			[]string{"Copyright: 2014 The Y Authors\n", "License: Apache-2.0\n The full text is in /common/Apache-2.0.\n", "Comment:\n Version 1\n Y\n Copyright 2014"}, "January"},
		"code is no licence":    {map[string]string{"license.go": "package y", "COPYING": mit}, "", []string{"License: MIT"}, "package"},
		"a licence not allowed": {map[string]string{"LICENSE": "GNU GENERAL PUBLIC LICENSE\nVersion 3, 29 June 2007"}, "", nil, "x/y/* has a licence that is not known here: add it after reading it"},
		"none":                  {nil, "", nil, "x/y/* has no file with its licence"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, text := range c.files {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			got, err := work{"x/y/*", "Version 1", dir}.paragraph(c.common)
			if c.want == nil {
				if err == nil || err.Error() != c.not {
					t.Errorf("the error is %v, want %q", err, c.not)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range c.want {
				if !strings.Contains(got, want) {
					t.Errorf("without %q:\n%s", want, got)
				}
			}
			if c.not != "" && strings.Contains(got, c.not) {
				t.Errorf("with %q:\n%s", c.not, got)
			}
		})
	}
}

// What others wrote and the page carries has its licence beside it.
func TestCarried(t *testing.T) {
	for _, w := range carried() {
		w.dir = filepath.Join("..", "..", w.dir)
		text, err := w.paragraph("")
		if err != nil || !strings.Contains(text, "Files: "+w.files) || !strings.Contains(text, "Leon Sorokin") {
			t.Errorf("%s: %v\n%s", w.files, err, text)
		}
	}
}
