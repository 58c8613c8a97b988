//! The system's keyring, asked on a thread of its own: a locked one blocks on a prompt for as long as nobody answers it.

use std::sync::Mutex;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use super::{SecretError, SecretStore};

/// The name under which the keyring files our entries.
const SERVICE: &str = "app.counterfoil.till";
/// How long a caller waits; the prompt itself may stay open longer.
const PATIENCE: Duration = Duration::from_secs(4);

enum Ask {
    Load(String),
    Save(String, String),
}

type Answer = Result<Option<String>, SecretError>;

/// The thread that asks, and whether it still owes an answer.
struct Line {
    ask: Sender<Ask>,
    answer: Receiver<Answer>,
    owed: usize,
}

/// The system's keyring.
#[derive(Default)]
pub struct KeyringStore {
    line: Mutex<Option<Line>>,
}

impl KeyringStore {
    /// Not asked yet; the thread starts with the first question.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn ask(&self, ask: Ask) -> Answer {
        let mut line = self
            .line
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut open = match line.take() {
            Some(open) => open,
            None => start()?,
        };
        // Late answers to earlier questions are of no use any more.
        while open.owed > 0 && open.answer.try_recv().is_ok() {
            open.owed -= 1;
        }
        if open.owed > 0 {
            *line = Some(open);
            return Err(SecretError::TimedOut);
        }
        if open.ask.send(ask).is_err() {
            return Err(SecretError::Unavailable("its thread ended".to_owned()));
        }
        match open.answer.recv_timeout(PATIENCE) {
            Ok(answer) => {
                *line = Some(open);
                answer
            }
            Err(RecvTimeoutError::Timeout) => {
                open.owed += 1;
                *line = Some(open);
                Err(SecretError::TimedOut)
            }
            Err(RecvTimeoutError::Disconnected) => {
                Err(SecretError::Unavailable("its thread ended".to_owned()))
            }
        }
    }
}

fn start() -> Result<Line, SecretError> {
    let (ask, asked) = channel();
    let (answers, answer) = channel();
    std::thread::Builder::new()
        .name("keyring".to_owned())
        .spawn(move || {
            while let Ok(ask) = asked.recv() {
                if answers.send(carry_out(&ask)).is_err() {
                    return;
                }
            }
        })
        .map_err(|e| SecretError::Unavailable(e.to_string()))?;
    Ok(Line {
        ask,
        answer,
        owed: 0,
    })
}

fn carry_out(ask: &Ask) -> Answer {
    let entry = |account: &str| keyring::Entry::new(SERVICE, account).map_err(|e| reason(&e));
    match ask {
        Ask::Load(account) => match entry(account)?.get_password() {
            Ok(blob) => Ok(Some(blob)),
            Err(keyring::Error::NoEntry) => Ok(None),
            Err(error) => Err(reason(&error)),
        },
        Ask::Save(account, blob) => {
            let entry = entry(account)?;
            entry.set_password(blob).map_err(|e| reason(&e))?;
            Ok(None)
        }
    }
}

fn reason(error: &keyring::Error) -> SecretError {
    match error {
        keyring::Error::BadEncoding(_) => SecretError::Damaged("not text".to_owned()),
        other => SecretError::Unavailable(other.to_string()),
    }
}

impl SecretStore for KeyringStore {
    fn load(&self, account: &str) -> Result<Option<String>, SecretError> {
        self.ask(Ask::Load(account.to_owned()))
    }

    fn save(&self, account: &str, blob: &str) -> Result<(), SecretError> {
        self.ask(Ask::Save(account.to_owned(), blob.to_owned()))
            .map(|_| ())
    }
}
