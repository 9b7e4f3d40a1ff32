"""Who is told what, how and when: in the app, by e-mail and by web push."""
