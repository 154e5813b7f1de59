# Sourced by ./mvnw and ./alignstream: sets JAVA_HOME to a JDK 25 or newer, or says what to install.
# Looks at JAVA_HOME, then the java on PATH, then the folders where package managers put JDKs.

jdk_version() { # prints the feature version of the JDK in $1, nothing if there is no complete JDK
  [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 0
  sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release"
}

find_jdk() {
  set +f
  candidates=${JAVA_HOME-}
  on_path=$(command -v javac 2>/dev/null) && on_path=$(readlink -f "$on_path" 2>/dev/null) &&
    candidates="$candidates
${on_path%/bin/javac}"
  for folder in /usr/lib/jvm/* /usr/java/* /opt/java/* /opt/jdk* "${HOME-}"/.sdkman/candidates/java/* \
    "${HOME-}"/.jdks/* /Library/Java/JavaVirtualMachines/*/Contents/Home; do
    [ -d "$folder" ] && candidates="$candidates
$folder"
  done
  found=
  while IFS= read -r folder; do
    [ -n "$folder" ] || continue
    version=$(jdk_version "$folder")
    if [ -n "$version" ] && [ "$version" -ge 25 ]; then
      found=$folder
      break
    fi
  done <<EOF
$candidates
EOF
  if [ -z "$found" ]; then
    echo "Alignstream needs a JDK 25 or newer and found none in JAVA_HOME, on PATH or in the usual folders." >&2
    echo "Install one, for example Eclipse Temurin 25 (https://adoptium.net), or set JAVA_HOME to its folder." >&2
    return 1
  fi
  JAVA_HOME=$found
  export JAVA_HOME
}

find_jdk || exit 1
