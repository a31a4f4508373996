//! Disks that fail: `tests/fixtures/faulty_disk.c` under the real binary, and a real small one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use tempfile::TempDir;

/// What the disk does. The numbers are those of `faulty_disk.c`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weather {
    Fine = 0,
    Full = 1,
    ReadOnly = 2,
    Stalled = 3,
}

/// Which files feel it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    Everything = 0,
    Database = 1,
    Spill = 2,
}

/// The control file of the library that is preloaded under a tracker.
pub(crate) struct Disk {
    control: PathBuf,
}

impl Disk {
    /// A healthy disk, controlled by a file in `folder`.
    pub(crate) fn below(folder: &Path) -> Self {
        let disk = Self {
            control: folder.join("weather"),
        };
        fs::write(&disk.control, [0; 32]).unwrap();
        disk
    }

    /// Makes a command obey this disk for the files below `data`.
    pub(crate) fn under(&self, command: &mut Command, data: &Path) {
        command
            .env("LD_PRELOAD", library())
            .env("FAULTY_DISK_DIR", data)
            .env("FAULTY_DISK_CONTROL", &self.control);
    }

    pub(crate) fn turns(&self, weather: Weather, scope: Scope) {
        self.write(0, weather as i64);
        self.write(1, scope as i64);
    }

    pub(crate) fn heal(&self) {
        self.write(0, Weather::Fine as i64);
    }

    /// Sets the wall clock off by so many milliseconds.
    pub(crate) fn set_clock_off_by(&self, milliseconds: i64) {
        self.write(2, milliseconds);
    }

    /// Lets the wall clock stand still at this moment.
    pub(crate) fn stop_clock(&self) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        self.write(3, now.as_millis() as i64);
    }

    /// The file stays the same file, because the server has it mapped.
    fn write(&self, place: u64, value: i64) {
        use std::os::unix::fs::FileExt;
        if let Ok(file) = fs::File::options().write(true).open(&self.control) {
            file.write_all_at(&value.to_le_bytes(), place * 8).unwrap();
        }
    }
}

/// Compiles the library once per test run.
fn library() -> &'static Path {
    static LIBRARY: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = LIBRARY.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/faulty_disk.c");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("faulty_disk.so");
        let compiled = Command::new("cc")
            .args([
                "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o",
            ])
            .arg(&path)
            .arg(source)
            .arg("-ldl")
            .status()
            .expect("the fault tests need a C compiler: apt-get install gcc libc6-dev");
        assert!(compiled.success());
        (folder, path)
    });
    path
}

/// A file system of its own in memory, of so many megabytes; gone when it goes out of scope.
pub(crate) struct SmallDisk {
    folder: TempDir,
}

impl SmallDisk {
    /// `None`, with a word about it, where we may not mount.
    pub(crate) fn mount(megabytes: u32) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={megabytes}m"), "tmpfs"])
            .arg(folder.path())
            .stderr(Stdio::null())
            .status();
        if mounted.is_ok_and(|status| status.success()) {
            return Some(Self { folder });
        }
        eprintln!("skipped: mounting a small file system needs root");
        None
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Takes all space that is left.
    pub(crate) fn fill(&self) {
        use std::io::Write;
        let mut filler = fs::File::create(self.path().join("filler")).unwrap();
        while filler.write_all(&[1; 4096]).is_ok() {}
    }

    /// Gives it back.
    pub(crate) fn free(&self) {
        fs::remove_file(self.path().join("filler")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount")
            .arg("--lazy")
            .arg(self.path())
            .status();
    }
}

/// Limits the size of the files that a running process may write (`RLIMIT_FSIZE`), or lifts that.
pub(crate) fn limit_file_size(pid: u32, bytes: Option<u64>) {
    let limit = bytes.map_or("unlimited".to_owned(), |bytes| bytes.to_string());
    let done = Command::new("prlimit")
        .arg(format!("--pid={pid}"))
        .arg(format!("--fsize={limit}:"))
        .status()
        .expect("the fault tests need prlimit: apt-get install util-linux");
    assert!(done.success());
}

mod tests {
    use super::*;

    /// A shell on a faulty disk, with 8 KB in `millrace.spill` and `millrace.db`.
    struct Shell {
        folder: TempDir,
        disk: Disk,
    }

    impl Shell {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let disk = Disk::below(folder.path());
            let data = folder.path().join("data");
            fs::create_dir(&data).unwrap();
            fs::write(data.join("millrace.spill"), [0; 8192]).unwrap();
            fs::write(data.join("millrace.db"), [0; 8192]).unwrap();
            Self { folder, disk }
        }

        fn spawn(&self, script: &str) -> std::process::Child {
            let data = self.folder.path().join("data");
            let mut command = Command::new("sh");
            command
                .arg("-c")
                .arg(script)
                .current_dir(&data)
                .stderr(Stdio::null());
            self.disk.under(&mut command, &data);
            command.stdout(Stdio::piped()).spawn().unwrap()
        }

        fn succeeds(&self, script: &str) -> bool {
            self.spawn(script).wait().unwrap().success()
        }
    }

    const INSIDE: &str = "dd if=/dev/zero of=millrace.db bs=4096 count=1 seek=1 conv=notrunc";
    const BEYOND: &str = "dd if=/dev/zero of=millrace.db bs=4096 count=1 seek=2 conv=notrunc";
    const GROW: &str = "fallocate --length 16384 millrace.spill";

    #[test]
    fn a_full_disk_keeps_what_is_allocated_and_gives_no_more() {
        let shell = Shell::new();
        shell.disk.turns(Weather::Full, Scope::Everything);

        assert!(shell.succeeds(INSIDE));
        assert!(!shell.succeeds(BEYOND));
        assert!(!shell.succeeds(GROW));
        assert!(!shell.succeeds("echo > new"));
        assert!(shell.succeeds("echo > ../outside"));

        shell.disk.heal();
        assert!(shell.succeeds(BEYOND) && shell.succeeds(GROW) && shell.succeeds("echo > new"));
    }

    #[test]
    fn a_scope_spares_the_other_file() {
        let shell = Shell::new();

        shell.disk.turns(Weather::Full, Scope::Database);
        assert!(!shell.succeeds(BEYOND) && shell.succeeds(GROW));

        shell.disk.turns(Weather::ReadOnly, Scope::Spill);
        assert!(shell.succeeds(BEYOND) && !shell.succeeds(GROW));
    }

    #[test]
    fn a_read_only_disk_takes_nothing() {
        let shell = Shell::new();
        shell.disk.turns(Weather::ReadOnly, Scope::Everything);

        assert!(!shell.succeeds(INSIDE) && !shell.succeeds(GROW) && !shell.succeeds("echo > new"));
        assert!(shell.succeeds("cat millrace.db"));
    }

    #[test]
    fn a_stalled_disk_holds_a_write_until_it_goes_on() {
        let shell = Shell::new();
        shell.disk.turns(Weather::Stalled, Scope::Everything);

        let mut writer = shell.spawn(BEYOND);
        std::thread::sleep(std::time::Duration::from_millis(300));
        let waited = writer.try_wait().unwrap().is_none();
        shell.disk.heal();

        assert!(waited && writer.wait().unwrap().success());
    }

    #[test]
    fn the_clock_obeys() {
        let shell = Shell::new();
        let now = || {
            let output = shell.spawn("date +%s%3N").wait_with_output().unwrap();
            String::from_utf8(output.stdout)
                .unwrap()
                .trim()
                .parse::<i64>()
                .unwrap()
        };

        let before = now();
        shell.disk.set_clock_off_by(-3_600_000);
        let set_back = now();
        shell.disk.stop_clock();
        let (still, later) = (now(), now());

        assert!((3_590_000..=3_600_000).contains(&(before - set_back)));
        assert_eq!(still, later);
    }
}
