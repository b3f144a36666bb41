//! Ctrl-C.

/// Ends when the user asks to stop. From the first call on, Ctrl-C no longer ends the program by itself.
pub(crate) async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
