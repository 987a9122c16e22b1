//! Errors as they are printed: with the stack, in lines of the program's own source, and without howth's own places.
//!
//! Owns which frames are left out. Called by: isolates, cores and workers, for what a program has not caught.

use deno_core::error::{CoreError, CoreErrorKind, JsError, JsStackFrame};
use deno_error::JsErrorClass;
use deno_runtime::fmt_errors::format_js_error;

/// An error as it is printed. By its own name: that nobody has caught it says who prints it.
pub fn describe(error: &CoreError) -> String {
    let CoreErrorKind::Js(error) = error.as_kind() else {
        // What was wrong with a module before it ran.
        return match error.get_class().as_ref() {
            "SyntaxError" => format!("SyntaxError: {error}"),
            _ => error.to_string(),
        };
    };
    let said = error.exception_message.as_str();
    let bare = said.strip_prefix("Uncaught ").unwrap_or(said);
    let bare = bare.strip_prefix("(in promise) ").unwrap_or(bare).to_owned();
    let mut error = error.clone();
    error.exception_message = bare;
    printed(&error)
}

/// An exception as it is printed.
pub(super) fn printed(error: &JsError) -> String {
    let mut error = error.clone();
    leave_out_own_places(&mut error);
    format_js_error(&error, None)
}

/// Of an error that is howth's alone, they are all there is.
fn leave_out_own_places(error: &mut JsError) {
    if error.frames.iter().any(|frame| !is_own(frame)) {
        // Which of the frames left has the line of source.
        error.source_line_frame_index = error.source_line_frame_index.and_then(|shown| {
            let before = error.frames.iter().take(shown).filter(|frame| !is_own(frame));
            (!is_own(error.frames.get(shown)?)).then(|| before.count())
        });
        error.frames.retain(|frame| !is_own(frame));
    }
    let others = error.aggregated.iter_mut().flatten();
    for other in others.chain(error.cause.as_deref_mut()) {
        leave_out_own_places(other);
    }
}

/// Whether a place is in howth's JavaScript, or below it in that of `deno_core`.
fn is_own(frame: &JsStackFrame) -> bool {
    let file = frame.file_name.as_deref().unwrap_or_default();
    ["ext:howth/", "ext:core/"]
        .iter()
        .any(|folder| file.starts_with(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(files: &[&str], shown: Option<usize>) -> JsError {
        let frames: Vec<JsStackFrame> = files
            .iter()
            .map(|file| JsStackFrame::from_location(Some((*file).to_owned()), Some(1), Some(1)))
            .collect();
        JsError {
            name: None,
            message: None,
            stack: None,
            cause: None,
            exception_message: "Error: thrown".to_owned(),
            frames,
            source_line: Some("thrown();".to_owned()),
            source_line_frame_index: shown,
            aggregated: None,
            additional_properties: Vec::new(),
            stack_is_custom: false,
        }
    }

    #[test]
    fn the_places_of_a_program_are_left() {
        let mut whole = error(
            &["ext:howth/a.js", "file:///app.js", "node:events", "ext:core/b.js"],
            Some(1),
        );
        whole.cause = Some(Box::new(error(&["file:///cause.js", "ext:howth/a.js"], None)));
        leave_out_own_places(&mut whole);
        let files = |error: &JsError| -> Vec<String> {
            error
                .frames
                .iter()
                .filter_map(|frame| frame.file_name.clone())
                .collect()
        };
        assert_eq!(files(&whole), ["file:///app.js", "node:events"]);
        assert_eq!(whole.source_line_frame_index, Some(0));
        let cause = whole.cause.expect("a cause");
        assert_eq!(files(&cause), ["file:///cause.js"]);
    }

    #[test]
    fn an_error_of_our_own_keeps_its_places() {
        let mut own = error(&["ext:howth/a.js", "ext:core/b.js"], None);
        leave_out_own_places(&mut own);
        assert_eq!(own.frames.len(), 2);
    }
}
