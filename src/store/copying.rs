//! A copy of the database while a station works in it: one state of it, whole, under another name.

use super::opening::{Access, connect};
use super::{Medium, OpenOptions, Reader, StoreError, folder};
use std::fs::{File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

impl Reader {
    /// Writes the store as it is now into the folder `dir`, where there must be none. SQLite reads one state of it; the
    /// station goes on writing meanwhile, only its log is not carried over into the database before this is done. The
    /// copy is on the disk when this returns, and is checked by whoever wants to rely on it.
    ///
    /// # Errors
    /// The store cannot be read, or the copy not be written; what is left of it is no store then.
    pub fn copy_into(&self, dir: &Path) -> Result<(), StoreError> {
        let dir = folder::prepare(dir)?;
        let copy = folder::database(&dir);
        if copy.exists() {
            let text = "there is a store already".to_owned();
            return Err(StoreError::Folder { dir, text });
        }
        let options = OpenOptions {
            medium: Medium::Disk,
            ..OpenOptions::default()
        };
        // A connection of its own: the copy is written through it, which those that answer questions refuse.
        let connection = connect(&self.path, &options, Access::Read)?;
        let failed = |error| StoreError::sql(&copy, error);
        connection
            .pragma_update(None, "query_only", false)
            .map_err(failed)?;
        let Some(name) = copy.to_str() else {
            let text = "its path is not UTF-8".to_owned();
            return Err(StoreError::Folder { dir, text });
        };
        connection
            .execute("VACUUM INTO ?1", [name])
            .map_err(failed)?;
        // SQLite leaves its mode to the umask.
        let synced = File::open(&copy).and_then(|file| {
            file.set_permissions(Permissions::from_mode(0o600))?;
            file.sync_all()
        });
        synced.map_err(|error| StoreError::Io {
            path: copy.clone(),
            text: error.to_string(),
        })?;
        folder::sync(&dir)
    }
}
