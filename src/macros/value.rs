//! What a macro stands for.

use super::argument::{self, Ready};
use super::context::MacroContext;
use super::encode::Encoder;
use super::foreign;
use super::pieces::is_name;
use super::table::{self, Macro, Origin};
use crate::domain::nearest::nearest;
use crate::domain::problem::Problem;

/// A macro, ready to be written.
#[derive(Clone)]
pub(super) enum Value {
    Registered(&'static Macro),
    /// A registered macro with its argument.
    Computed(&'static Macro, Ready),
    /// The click parameter of this name.
    Parameter(Box<str>),
}

impl Value {
    pub(super) fn origin(&self) -> Origin {
        match self {
            Value::Registered(entry) => entry.origin,
            Value::Computed(_, ready) => ready.origin,
            Value::Parameter(_) => Origin::Visitor,
        }
    }

    /// Whether it is the registered macro of this name, without an argument.
    pub(super) fn is(&self, name: &str) -> bool {
        matches!(self, Value::Registered(entry) if entry.name == name)
    }

    /// Whether it is that or a function of it: where that is empty, so is this.
    pub(super) fn draws_on(&self, name: &str) -> bool {
        self.source().is_some_and(|entry| entry.name == name)
    }

    /// The registered macro that it is, or is a function of.
    pub(super) fn source(&self) -> Option<&'static Macro> {
        match self {
            Value::Registered(entry) => Some(entry),
            Value::Computed(_, ready) => ready.source,
            Value::Parameter(_) => None,
        }
    }

    pub(super) fn name(&self) -> &str {
        match self {
            Value::Registered(entry) | Value::Computed(entry, _) => entry.name,
            Value::Parameter(name) => name,
        }
    }

    pub(super) fn write(&self, context: &MacroContext<'_>, out: &mut Encoder<'_>) {
        match self {
            Value::Registered(entry) => (entry.value)(context, out),
            Value::Computed(_, ready) => ready.write(context, out),
            Value::Parameter(name) => out.push_some((context.parameters)(name)),
        }
    }
}

/// Reads the macros of one text.
pub struct Reader<'d> {
    /// The parameters that a macro may name; `None` for any.
    declared: Option<&'d [&'d str]>,
    /// Functions around the macro that is being read.
    pub(super) depth: u8,
    pub(super) warnings: Vec<Problem>,
    /// Macros of a conversion are known as well.
    is_outgoing: bool,
}

impl<'d> Reader<'d> {
    /// Of a link, in which every name is a macro.
    pub(super) fn of_link() -> Self {
        Self {
            declared: None,
            depth: 0,
            warnings: Vec::new(),
            is_outgoing: false,
        }
    }

    /// The same in an outgoing postback.
    pub(super) fn outgoing(self) -> Self {
        Self {
            is_outgoing: true,
            ..self
        }
    }

    fn find(&self, name: &str) -> Option<&'static Macro> {
        match self.is_outgoing {
            true => table::find_outgoing(name),
            false => table::find(name),
        }
    }

    /// Of a body, in which most braces are not ours.
    pub(super) fn of_body(declared: &'d [&'d str]) -> Self {
        Self {
            declared: Some(declared),
            ..Self::of_link()
        }
    }

    /// The macro of this name and argument; `None` if it is no macro of ours, an error in words for
    /// the operator if it is one that cannot be understood.
    pub(super) fn value(
        &mut self,
        name: &str,
        argument: Option<&str>,
    ) -> Result<Option<Value>, String> {
        let declared = self.declared.map(|names| names.contains(&name));
        match (self.find(name), argument) {
            (Some(entry), None) => match &entry.argument {
                // A parameter may well be called "lower".
                Some(takes) if takes.required && declared == Some(true) => {
                    Ok(Some(Value::Parameter(name.into())))
                }
                Some(takes) if takes.required => Err(format!(
                    "it needs an argument: {}. Write it as in {{{}:{}}}.",
                    takes.help, entry.name, takes.example
                )),
                _ => Ok(Some(Value::Registered(entry))),
            },
            (Some(entry), Some(argument)) => {
                let ready = argument::read(entry, argument, self)?;
                Ok(Some(Value::Computed(entry, ready)))
            }
            (None, Some(_)) => absent(name),
            (None, None) if declared == Some(false) && foreign::reason(name).is_some() => {
                absent(name)
            }
            (None, None) if !is_name(name) || declared == Some(false) => Ok(None),
            (None, None) => {
                if declared.is_none() {
                    self.warnings.push(unknown(name, self.is_outgoing));
                }
                Ok(Some(Value::Parameter(name.into())))
            }
        }
    }
}

/// No macro: an error only where others have one of this name.
fn absent(name: &str) -> Result<Option<Value>, String> {
    match foreign::reason(name) {
        Some(reason) => Err(format!("{reason}.")),
        None => Ok(None),
    }
}

fn unknown(name: &str, is_outgoing: bool) -> Problem {
    if !is_outgoing && table::find_outgoing(name).is_some() {
        return Problem::new(
            "",
            "unknown_macro",
            format!(
                "{{{name}}} is a macro of outgoing postbacks only; here it becomes the click parameter \"{name}\", or nothing without one."
            ),
        );
    }
    let own = table::outgoing().filter(|_| is_outgoing);
    let known = table::all()
        .chain(own)
        .flat_map(|entry| std::iter::once(entry.name).chain(entry.aliases.iter().copied()));
    let advice = match (foreign::reason(name), nearest(name, known)) {
        (Some(reason), _) => format!(" Other trackers have one; here {reason}."),
        (None, Some(near)) => format!(" Did you mean {{{near}}}?"),
        (None, None) => String::new(),
    };
    Problem::new(
        "",
        "unknown_macro",
        format!(
            "{{{name}}} is no macro of ours, so it becomes the click parameter \"{name}\", or nothing without one.{advice}"
        ),
    )
}
